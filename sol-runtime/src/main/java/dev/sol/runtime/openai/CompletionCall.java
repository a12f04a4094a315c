package dev.sol.runtime.openai;

import dev.sol.runtime.CompletionRequest;

/**
 * A parsed request body.
 *
 * @param request what to complete
 * @param stream answer in chunks
 * @param includeUsage end the stream with a chunk that has {@code usage} and no choices ({@code stream_options.include_usage})
 */
public record CompletionCall(CompletionRequest request, boolean stream, boolean includeUsage) {}
