package dev.sol.runtime;

import dev.sol.bindings.Usage;

/**
 * What one token really used, summed over the layers that a knob reaches. Layers that drop the token (for most architectures
 * the last one drops all but the output tokens) do not count it.
 *
 * <p>Attention is counted in pairs of a query head and a KV position, since heads may choose differently.
 *
 * @param fullAttended pairs attended in layers with full attention
 * @param fullVisible pairs that dense attention would attend there
 * @param slidingAttended the same for layers with a sliding window
 * @param slidingVisible the same for layers with a sliding window
 * @param mlpKept units kept in dense MLPs
 * @param mlpUnits all units of these
 * @param sharedKept the same for shared experts
 * @param sharedUnits the same for shared experts
 * @param routedKept the same for routed experts
 * @param routedUnits the same for routed experts
 */
public record StepUsage(
        long fullAttended,
        long fullVisible,
        long slidingAttended,
        long slidingVisible,
        long mlpKept,
        long mlpUnits,
        long sharedKept,
        long sharedUnits,
        long routedKept,
        long routedUnits) {

    static StepUsage of(Usage usage) {
        return new StepUsage(
                usage.fullAttended(),
                usage.fullVisible(),
                usage.slidingAttended(),
                usage.slidingVisible(),
                usage.mlpKept(),
                usage.mlpUnits(),
                usage.sharedKept(),
                usage.sharedUnits(),
                usage.routedKept(),
                usage.routedUnits());
    }

    /** Pairs attended ÷ visible; 1 where no layer has any. */
    public double attn() {
        return share(fullAttended + slidingAttended, fullVisible + slidingVisible);
    }

    /** Units kept ÷ all, in dense MLPs and experts of both kinds; 1 where no layer has any. */
    public double mlp() {
        return share(mlpKept + sharedKept + routedKept, mlpUnits + sharedUnits + routedUnits);
    }

    private static double share(long part, long whole) {
        return whole == 0 ? 1 : (double) part / whole;
    }
}
