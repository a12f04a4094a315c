package dev.sol.runtime;

import dev.sol.policy.Axis;
import java.util.Arrays;
import java.util.List;

/** Which knobs reach any layer of a model at all. One that does not is realised as dense. */
public record KnobReach(boolean attn, boolean mlp, boolean bits) {

    /** Of a model with these layers: {@link InferenceContext#layers}. */
    public static KnobReach of(List<LayerKnobs> layers) {
        return new KnobReach(
                layers.stream().anyMatch(LayerKnobs::reachesAttn),
                layers.stream().anyMatch(LayerKnobs::reachesMlp),
                layers.stream().anyMatch(LayerKnobs::actBits));
    }

    /** The axes whose knob reaches no layer. */
    public List<Axis> unreached() {
        return Arrays.stream(Axis.values())
                .filter(axis -> !switch (axis) {
                    case ATTN -> attn;
                    case MLP -> mlp;
                    case BITS -> bits;
                })
                .toList();
    }
}
