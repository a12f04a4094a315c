package dev.sol.trainer.rollout;

/** What a step is rewarded with, in nats. */
public enum Reward {
    /** log p(label). */
    LIKELIHOOD,
    /** −KL(dense ‖ pruned), over the whole vocabulary: what dense decoding would have thought, whatever the text says. */
    KL
}
