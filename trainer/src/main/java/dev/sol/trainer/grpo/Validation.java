package dev.sol.trainer.grpo;

import dev.sol.policy.learned.PolicyWeights;

/** Measures a policy as it would be served, on text that is not trained on. It has no state: equal weights, equal results. */
@FunctionalInterface
public interface Validation {
    /** Measures nothing: the last policy is then the result of a run. */
    Validation NONE = _ -> Double.NaN;

    /**
     * How much better or worse the policy is than the one it started from, which is static.
     *
     * @return its mean loss minus the static policy's at the same targets, in nats per token: negative is better; NaN if that
     *     is not measured
     * @throws java.util.concurrent.CancellationException if it was ended
     */
    double difference(PolicyWeights weights);
}
