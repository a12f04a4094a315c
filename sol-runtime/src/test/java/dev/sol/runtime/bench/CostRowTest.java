package dev.sol.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.bench.Row.Round;
import dev.sol.runtime.bench.Statistics.Spread;
import dev.sol.runtime.cost.AttendedPositions;
import dev.sol.runtime.cost.CostModel;
import java.util.List;
import org.junit.jupiter.api.Test;

class CostRowTest {
    /** 10 ms, .01 for each attended position, 10 for dense MLPs and 8 for all units of others. */
    private static final CostModel MODEL = new CostModel(new AttendedPositions(0, 0, 1), 10, .01, 0, 0, 10, 8, 0);

    private static Row row(String name, double ours) {
        return Row.of(BenchCase.parse(name, 0), List.of(new Round(100, ours, 0, 0)));
    }

    @Test
    void comparesWithWhatWasMeasured() {
        CostRow row = CostRow.of(
                        MODEL,
                        List.of(
                                row("dense@999", 24),
                                row("mlp.5@999", 24),
                                row("attn.5@999", 25),
                                row("mlp.5p@999", 1)))
                .orElseThrow();
        // 30, 24 and 25 are predicted.
        assertThat(row.cases()).isEqualTo(3);
        assertThat(row.error()).isEqualTo(new Spread(0, 0, .25));
        assertThat(row.measured()).isEqualTo(73 / 3.0);
        assertThat(row.predicted()).isEqualTo(79 / 3.0);
    }

    @Test
    void withoutStepsThereIsNothingToCompare() {
        assertThat(CostRow.of(MODEL, List.of(row("ffn.5", 24), row("mlp.5p@0", 20))))
                .isEmpty();
    }
}
