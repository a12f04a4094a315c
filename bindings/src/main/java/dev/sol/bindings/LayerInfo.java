package dev.sol.bindings;

import dev.sol.bindings.gen.sol_layer_info;
import java.lang.foreign.MemorySegment;

/**
 * What the knobs can do in one layer, read from the computation graph: {@code struct sol_layer_info}.
 *
 * @param attention what κ counts there; layers with a sliding window count within the window
 * @param mlpUnits units of the layer's dense MLP that ρ chooses from; 0 = not reached
 * @param sharedUnits the same for shared experts
 * @param routedUnits the same for routed experts: of all that one token goes to
 * @param actBits whether b rounds an MLP's output (or input) in the layer
 * @param attentionSkips whether what κ drops is not read, in a context made with {@link Execution#SKIP}; otherwise it is masked
 * @param mlpSkips the same for the units that ρ drops of dense MLPs and shared experts
 */
public record LayerInfo(
        AttentionClass attention,
        int mlpUnits,
        int sharedUnits,
        int routedUnits,
        boolean actBits,
        boolean attentionSkips,
        boolean mlpSkips) {

    static LayerInfo read(MemorySegment struct) {
        return new LayerInfo(
                AttentionClass.of(sol_layer_info.attn(struct)),
                sol_layer_info.mlp_units(struct),
                sol_layer_info.shared_units(struct),
                sol_layer_info.routed_units(struct),
                sol_layer_info.act_bits(struct),
                sol_layer_info.attn_skips(struct),
                sol_layer_info.mlp_skips(struct));
    }
}
