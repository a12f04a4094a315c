package dev.sol.web;

import dev.sol.runtime.RequestException;
import dev.sol.runtime.openai.RequestLimits;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that say what one request may ask for. A picocli mixin. */
final class LimitOptions {
    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            defaultValue = "0",
            description = "The most tokens that a request may generate for a choice; 0: as many as fit the context."
                    + " Default: ${DEFAULT-VALUE}.")
    private int maxTokens;

    @Option(
            names = "--max-choices",
            paramLabel = "N",
            defaultValue = "" + RequestLimits.DEFAULT_CHOICES,
            description = "The most choices of a request: n, times its prompts. Default: ${DEFAULT-VALUE}.")
    private int maxChoices;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "600",
            description = "How long a request may take, its time in the queue included; 0: as long as it does."
                    + " Default: ${DEFAULT-VALUE}.")
    private double timeout;

    /** @throws RequestException if an option is out of range */
    RequestLimits limits() {
        if (maxTokens < 0) {
            throw RequestException.invalid("max-tokens", "max-tokens must not be negative, but is " + maxTokens);
        }
        if (!(timeout >= 0 && timeout < 1e9)) {
            throw RequestException.invalid("timeout", "timeout must be from 0 to 1e9 seconds, not " + timeout);
        }
        return new RequestLimits(
                maxTokens == 0 ? Integer.MAX_VALUE : maxTokens,
                maxChoices,
                timeout == 0 ? Optional.empty() : Optional.of(Duration.ofMillis((long) Math.ceil(timeout * 1e3))));
    }
}
