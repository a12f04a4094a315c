package dev.sol.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.Execution;
import dev.sol.runtime.LayerKnobs;
import dev.sol.runtime.LayerKnobs.Attention;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExecutionLineTest {
    private static final LayerKnobs SKIPS = new LayerKnobs(Attention.FULL, 10, 0, 0, true, true, true);
    private static final LayerKnobs MASKS = new LayerKnobs(Attention.FULL, 10, 0, 0, true, false, false);
    private static final LayerKnobs EXPERTS = new LayerKnobs(Attention.SLIDING, 0, 2, 8, true, true, true);
    private static final LayerKnobs NO_KNOBS = new LayerKnobs(Attention.NONE, 0, 0, 0, false, false, false);

    private static String skip(LayerKnobs... layers) {
        return ExecutionLine.of(Execution.SKIP, List.of(layers), 3 << 20, 12 << 20);
    }

    @Test
    void whatSkippingCosts() {
        assertThat(skip(SKIPS, NO_KNOBS, SKIPS))
                .isEqualTo("skip mode: 3.0 MiB beside the model (25%); all that the knobs reach can skip");
        assertThat(ExecutionLine.of(Execution.REFERENCE, List.of(SKIPS), 0, 1))
                .isEqualTo(
                        "reference mode: 0.0 MiB beside the model (0%); everything is computed, what the knobs drop is"
                                + " masked");
    }

    @Test
    void whereItDoesNotWork() {
        assertThat(skip(MASKS, NO_KNOBS, MASKS))
                .endsWith("; everything is computed in attention of all layers and in MLPs of all layers");
        assertThat(skip(MASKS, SKIPS, MASKS, MASKS, EXPERTS))
                .endsWith("; everything is computed in attention of layers 0, 2-3 and in MLPs of layers 0, 2-3"
                        + " and in routed experts of all layers");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0 | 0
            0,1,2 | 0-2
            0,2,3,7,8,9,11 | 0, 2-3, 7-9, 11
            """)
    void ranges(String indices, String ranges) {
        List<Integer> ascending =
                List.of(indices.split(",")).stream().map(Integer::valueOf).toList();
        assertThat(ExecutionLine.ranges(ascending)).isEqualTo(ranges);
        assertThat(ExecutionLine.ranges(Collections.emptyList())).isEmpty();
    }
}
