package dev.sol.trainer.grpo;

import dev.sol.policy.learned.PolicyWeights;

/** Measures a policy as it would be served, on text that is not trained on. It has no state: equal weights, equal results. */
@FunctionalInterface
public interface Validation {
    /** Measures nothing: the last policy is then the result of a run. */
    Validation NONE = _ -> Double.NaN;

    /**
     * How much better or worse the policy is than giving every token the same.
     *
     * @return its mean loss minus that of {@code uniform} at the same realised means, in nats per token: negative is better; NaN
     *     if that is not measured
     * @throws java.util.concurrent.CancellationException if it was ended
     */
    double difference(PolicyWeights weights);
}
