package dev.sol.runtime;

/**
 * What the model thinks of one position, in nats.
 *
 * @param logProbability log p of the label; NaN without one
 * @param entropy of the distribution, 0 to log(vocabulary)
 * @param margin log p of the likeliest token minus that of the second
 * @param kl KL(reference ‖ this); NaN without a reference
 */
public record TokenScore(float logProbability, float entropy, float margin, float kl) {}
