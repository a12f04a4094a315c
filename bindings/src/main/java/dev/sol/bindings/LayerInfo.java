package dev.sol.bindings;

import dev.sol.bindings.gen.sol_layer_info;
import java.lang.foreign.MemorySegment;

/**
 * What the knobs can do in one layer, read from the computation graph: {@code struct sol_layer_info}.
 *
 * @param attention what κ counts there; layers with a sliding window count within the window
 * @param mlpUnits units of the layer's dense MLP that ρ chooses from; 0 = not reached
 * @param sharedUnits the same for shared experts
 * @param actBits whether b rounds an MLP output of the layer
 */
public record LayerInfo(AttentionClass attention, int mlpUnits, int sharedUnits, boolean actBits) {

    static LayerInfo read(MemorySegment struct) {
        return new LayerInfo(
                AttentionClass.of(sol_layer_info.attn(struct)),
                sol_layer_info.mlp_units(struct),
                sol_layer_info.shared_units(struct),
                sol_layer_info.act_bits(struct));
    }
}
