package dev.sol.runtime.openai;

import dev.sol.runtime.RequestException;
import java.time.Duration;
import java.util.Optional;

/**
 * What one request may ask for.
 *
 * @param maxTokens the most that it may generate for a choice
 * @param maxChoices the most choices
 * @param timeout how long it may take; empty: as long as it does
 */
public record RequestLimits(int maxTokens, int maxChoices, Optional<Duration> timeout) {
    /** The most choices of a request, unless said otherwise. */
    public static final int DEFAULT_CHOICES = 16;

    /** No limits but {@value #DEFAULT_CHOICES} choices. */
    public static final RequestLimits DEFAULT = new RequestLimits(Integer.MAX_VALUE, DEFAULT_CHOICES, Optional.empty());

    /** @throws RequestException if a limit is not positive */
    public RequestLimits {
        if (maxTokens < 1) {
            throw RequestException.invalid("max-tokens", "max-tokens must be at least 1, not " + maxTokens);
        }
        if (maxChoices < 1) {
            throw RequestException.invalid("max-choices", "max-choices must be at least 1, not " + maxChoices);
        }
        timeout.ifPresent(time -> {
            if (!time.isPositive()) {
                throw RequestException.invalid("timeout", "timeout must be more than 0");
            }
        });
    }
}
