package dev.sol.policy.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.Observation;
import dev.sol.policy.PolicyContext;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PolicyWeightsTest {
    private static final PolicySpec SPEC = Networks.spec(ActionGrid.defaultGrid());

    @Test
    void shapesFollowTheSpec() {
        assertThat(SPEC.joint()).isFalse();
        assertThat(SPEC.logits()).isEqualTo(53);
        assertThat(SPEC.logitOffset(Axis.BITS)).isEqualTo(40);
        assertThat(SPEC.features()).isEqualTo(2 * 12 + 8);
        Map<String, int[]> shapes = SPEC.shapes();
        assertThat(shapes.get("input.weight")).containsExactly(16, 2 * 12 + 4 + 64);
        assertThat(shapes.get("attn.qkv.weight")).containsExactly(48, 16);
        assertThat(shapes.get("action.bits.weight")).containsExactly(14, 4);
        PolicySpec joint = new PolicySpec(12, 16, 2, 8, 4, true, .1, Grids.PAPER_3L);
        assertThat(joint.joint()).isTrue();
        assertThat(joint.logits()).isEqualTo(27);
        assertThat(joint.features()).isEqualTo(2 * 12 + 9);
        assertThat(joint.shapes().get("action.weight")).containsExactly(28, 4);
        assertThat(joint.shapes().get("scalars.weight")).containsExactly(64, 9);
        assertThat(Grids.PAPER_2L.size()).isEqualTo(8);
        assertThat(Grids.PAPER_FULL.size()).isEqualTo(10 * 13 * 12);
        assertThat(Networks.spec(Grids.PAPER_FULL).joint()).isFalse();
    }

    @Test
    void refusesSpecsThatCannotBe() {
        ActionGrid grid = ActionGrid.defaultGrid();
        assertThatThrownBy(() -> new PolicySpec(0, 16, 2, 8, 4, true, .1, grid)).hasMessageContaining("embedding");
        assertThatThrownBy(() -> new PolicySpec(8, 16, 3, 8, 4, true, .1, grid)).hasMessageContaining("heads");
        assertThatThrownBy(() -> new PolicySpec(8, 16, 2, 0, 4, true, .1, grid)).hasMessageContaining("horizon");
        assertThatThrownBy(() -> new PolicySpec(8, 16, 2, 8, 4, true, Double.NaN, grid))
                .hasMessageContaining("prior");
    }

    @Test
    void aSeedGivesTheWeights() {
        assertThat(PolicyWeights.initial(SPEC, 1))
                .isEqualTo(PolicyWeights.initial(SPEC, 1))
                .isNotEqualTo(PolicyWeights.initial(SPEC, 2));
        PolicyWeights weights = PolicyWeights.initial(SPEC, 1);
        assertThat(weights.tensor("head.weight")).containsOnly(0);
        assertThat(weights.tensor("head.bias")).containsOnly(0);
        assertThat(weights.tensor("target.out.weight")).containsOnly(0);
        assertThat(weights.tensor("head.norm.weight")).containsOnly(1);
        assertThat(weights.tensor("mlp.norm.bias")).containsOnly(0);
        float bound = (float) (1 / Math.sqrt(92));
        for (float value : weights.tensor("input.weight")) {
            assertThat(value).isBetween(-bound, bound);
        }
        assertThat(weights.tensor("input.bias")).doesNotContain(0);
    }

    @Test
    void areImmutable() {
        PolicyWeights weights = PolicyWeights.initial(SPEC, 1);
        Map<String, float[]> tensors = new TreeMap<>();
        SPEC.shapes().keySet().forEach(name -> tensors.put(name, weights.tensor(name)));
        PolicyWeights copy = new PolicyWeights(SPEC, tensors);
        tensors.values().forEach(values -> values[0] = 99);
        copy.tensor("input.bias")[0] = 98;
        assertThat(copy).isEqualTo(weights);
        PolicyWeights changed = new PolicyWeights(SPEC, tensors);
        assertThat(changed).isNotEqualTo(weights);
        assertThatThrownBy(() -> weights.tensor("none")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void featuresAreNormalised() {
        PolicySpec spec = new PolicySpec(6, 4, 1, 4, 2, true, .1, ActionGrid.defaultGrid());
        PolicyContext context = new PolicyContext(new Budget(.5, .25, 8), spec.grid(), 0);
        Observation observation = new Observation(context, 9, 6, 6);
        observation.begin(7, true);
        System.arraycopy(new float[] {1, -2, 3, -4, 5, -6}, 0, observation.hidden(), 0, 6);
        float[] features = new float[1 + spec.features()];
        PolicyFeatures.write(spec, observation, 2, features, 1);
        double rms = Math.sqrt(91 / 6.0 + 1e-6);
        for (int i = 0; i < 6; i++) {
            assertThat((double) features[1 + i]).isCloseTo(observation.hidden()[i] / rms, within(1e-6));
            assertThat(features[7 + i]).isZero(); // an embedding of zeros stays finite
        }
        assertThat(features[13]).isEqualTo(.75f); // position 2 of 4
        assertThat(features[13 + Observation.TARGETS + 1]).isEqualTo(.25f);
        assertThat(features[21]).isZero(); // no entropy yet
        observation.previousEntropy(.375);
        PolicyFeatures.write(spec, observation, 2, features, 1);
        assertThat(features[21]).isEqualTo(.375f);
    }
}
