package dev.sol.runtime;

import dev.sol.bindings.LayerInfo;

/**
 * What the knobs do in one layer of a model, read from its computation graph.
 *
 * @param attention what κ counts there
 * @param mlpUnits units of the layer's dense MLP that ρ chooses from; 0 = not reached
 * @param sharedUnits the same for shared experts
 * @param routedUnits the same for routed experts: of all that one token goes to
 * @param actBits whether b rounds an MLP's output (or input) in the layer
 * @param attnSkips whether what κ drops is not read, with {@link Execution#SKIP}; otherwise it is masked, which saves no time
 * @param mlpSkips the same for the units that ρ drops of dense MLPs and shared experts
 */
public record LayerKnobs(
        Attention attention,
        int mlpUnits,
        int sharedUnits,
        int routedUnits,
        boolean actBits,
        boolean attnSkips,
        boolean mlpSkips) {

    /** What the attention knob counts in a layer. */
    public enum Attention {
        /** No attention through the KV cache: κ does not reach the layer. */
        NONE,
        /** All earlier positions. */
        FULL,
        /** The positions within the layer's sliding window. */
        SLIDING
    }

    /** Whether κ reaches the layer. */
    public boolean reachesAttn() {
        return attention != Attention.NONE;
    }

    /** Whether ρ reaches the layer. */
    public boolean reachesMlp() {
        return units() > 0;
    }

    /** All units that ρ chooses from. */
    public int units() {
        return mlpUnits + sharedUnits + routedUnits;
    }

    static LayerKnobs of(LayerInfo info) {
        return new LayerKnobs(
                switch (info.attention()) {
                    case NONE -> Attention.NONE;
                    case FULL -> Attention.FULL;
                    case SLIDING -> Attention.SLIDING;
                },
                info.mlpUnits(),
                info.sharedUnits(),
                info.routedUnits(),
                info.actBits(),
                info.attentionSkips(),
                info.mlpSkips());
    }
}
