package dev.sol.trainer.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class AdamWTest {
    private static SortedMap<String, float[]> tensors(float matrix, float vector) {
        return new TreeMap<>(Map.of("m", new float[] {matrix}, "v", new float[] {vector}));
    }

    private static float first(SortedMap<String, float[]> tensors, String name) {
        return tensors.getOrDefault(name, new float[] {Float.NaN})[0];
    }

    @Test
    void stepsAreAdamsAndMatricesDecay() {
        AdamW optimiser = new AdamW(.1, .5);
        SortedMap<String, float[]> weights = tensors(2, 2);
        AdamW.Memory memory = AdamW.Memory.empty(weights);
        // Adam by the book (arXiv 1412.6980, algorithm 1), in double.
        double m = 0;
        double v = 0;
        double matrix = 2;
        double vector = 2;
        int t = 0;
        for (double g : List.of(.5, -.25, 1., 0.)) {
            t++;
            m = .9 * m + .1 * g;
            v = .999 * v + .001 * g * g;
            double step = .1 * (m / (1 - Math.pow(.9, t))) / (Math.sqrt(v / (1 - Math.pow(.999, t))) + 1e-8);
            matrix = matrix * (1 - .1 * .5) - step;
            vector -= step;
            AdamW.Updated updated = optimiser.update(weights, tensors((float) g, (float) g), memory, Set.of("m"));
            weights = updated.weights();
            memory = updated.memory();
            assertThat(first(weights, "m")).isCloseTo((float) matrix, within(1e-5f));
            assertThat(first(weights, "v")).isCloseTo((float) vector, within(1e-5f));
            assertThat(memory.step()).isEqualTo(t);
        }
    }

    @Test
    void whatItIsGivenStays() {
        SortedMap<String, float[]> weights = tensors(1, 1);
        AdamW.Memory memory = AdamW.Memory.empty(weights);
        new AdamW(.1, 0).update(weights, tensors(1, 1), memory, Set.of());
        assertThat(weights.get("m")).containsExactly(1);
        assertThat(memory.first().get("m")).containsExactly(0);
        assertThat(memory.second().get("v")).containsExactly(0);
    }

    @Test
    void gradientsAreScaledDownTogether() {
        SortedMap<String, float[]> gradients = tensors(3, 4);
        assertThat(Gradients.clip(gradients, 10)).isEqualTo(5);
        assertThat(gradients.get("m")).containsExactly(3);
        assertThat(Gradients.clip(gradients, 2.5)).isEqualTo(5);
        assertThat(first(gradients, "m")).isCloseTo(1.5f, within(1e-6f));
        assertThat(first(gradients, "v")).isCloseTo(2, within(1e-6f));
    }

    @Test
    void aGradientThatIsNotFiniteEndsTheRun() {
        assertThatThrownBy(() -> Gradients.clip(tensors(1, Float.NaN), 1))
                .isInstanceOf(ArithmeticException.class)
                .hasMessageContaining("learning_rate");
    }
}
