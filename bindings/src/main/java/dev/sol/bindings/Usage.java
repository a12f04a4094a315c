package dev.sol.bindings;

import dev.sol.bindings.gen.sol_usage;
import java.lang.foreign.MemorySegment;

/**
 * What one token really used, summed over the layers that a knob reaches: {@code struct sol_usage}. Layers that drop a token
 * (for most architectures the last one drops all but the output tokens) do not count it.
 *
 * @param fullAttended pairs of a query head and a KV position attended in layers with full attention
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
public record Usage(
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

    static Usage read(MemorySegment struct) {
        return new Usage(
                sol_usage.full_attended(struct),
                sol_usage.full_visible(struct),
                sol_usage.sliding_attended(struct),
                sol_usage.sliding_visible(struct),
                sol_usage.mlp_kept(struct),
                sol_usage.mlp_units(struct),
                sol_usage.shared_kept(struct),
                sol_usage.shared_units(struct),
                sol_usage.routed_kept(struct),
                sol_usage.routed_units(struct));
    }
}
