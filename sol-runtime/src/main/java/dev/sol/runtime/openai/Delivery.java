package dev.sol.runtime.openai;

/**
 * How an answer is sent.
 *
 * @param stream in chunks
 * @param includeUsage end the stream with a chunk that has {@code usage} and no choices ({@code stream_options.include_usage})
 */
public record Delivery(boolean stream, boolean includeUsage) {}
