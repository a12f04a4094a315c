/**
 * The JSON of OpenAI's completions API, with the extensions of this project: request bodies to {@link
 * dev.sol.runtime.engine.CompletionRequest}, results and errors to response bodies. Knows nothing of HTTP but status codes.
 */
@NullMarked
package dev.sol.runtime.openai;

import org.jspecify.annotations.NullMarked;
