package dev.sol.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

@Tag("model")
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StaticCalibrationTest {
    private static final String TEXT = """
            Once upon a time there lived in a little house at the edge of the wood a miller who had three sons and one \
            daughter. The eldest went out into the world to seek his fortune, and when a year had gone by he came home with \
            nothing but an old hat. "Father," said he, "the hat will show us the way to the castle under the hill, where \
            the queen of the birds keeps the golden key." But the miller only laughed and gave him bread and sent him to bed.""";

    private Model model;
    private List<int[]> windows;

    @BeforeAll
    void open() {
        model = Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT);
        int[] tokens = model.tokenizer().encode(TEXT, true, false);
        windows = List.of(Arrays.copyOf(tokens, 80));
    }

    @AfterAll
    void close() {
        model.close();
    }

    @Test
    void ofTheEmbeddedModel() {
        try (StaticCalibration calibration = StaticCalibration.open(model, windows, 16, 1, KnobOptions.DEFAULT)) {
            List<StaticSplit.Row> rows = calibration.run(ActionGrid.defaultGrid(), (_, _) -> {});

            assertThat(rows).hasSizeGreaterThanOrEqualTo(15);
            for (int i = 1; i < rows.size(); i++) {
                Budget before = rows.get(i - 1).target();
                Budget target = rows.get(i).target();
                assertThat(target.net()).isGreaterThan(before.net());
                for (Axis axis : Axis.values()) {
                    assertThat(target.get(axis)).isGreaterThanOrEqualTo(before.get(axis) - 1e-9);
                }
            }
            assertThat(rows.getLast().target()).isEqualTo(Budget.DENSE);
            // .05 of 17 to 79 positions are less than the 7 that every token attends
            assertThat(rows.get(1).target().attn()).isBetween(.1, .3);
            assertThat(rows.get(1).nats()).isGreaterThan(rows.getLast().nats() + .5);
            assertThat(rows.get(rows.size() / 2).nats()).isLessThan(rows.get(1).nats());
        }
    }

    @Test
    void canBeEnded() {
        try (StaticCalibration calibration = StaticCalibration.open(model, windows, 16, 1, KnobOptions.DEFAULT)) {
            assertThatThrownBy(() -> calibration.run(ActionGrid.defaultGrid(), (done, _) -> {
                        if (done == 3) {
                            calibration.cancel();
                        }
                    }))
                    .isInstanceOf(CancellationException.class);
        }
    }

    @Test
    void needsWindows() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StaticCalibration.open(model, List.of(), 16, 1, KnobOptions.DEFAULT));
    }
}
