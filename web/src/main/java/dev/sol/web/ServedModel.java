package dev.sol.web;

import dev.sol.runtime.openai.CompletionParser;
import java.time.Instant;

/**
 * A model that is ready.
 *
 * @param id its name in requests and responses
 * @param loaded when it was ready
 * @param parser of requests for it
 * @param completer runs them
 */
record ServedModel(String id, Instant loaded, CompletionParser parser, Completer completer) {}
