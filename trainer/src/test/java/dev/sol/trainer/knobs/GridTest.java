package dev.sol.trainer.knobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.policy.Action;
import dev.sol.policy.Axis;
import dev.sol.runtime.AttentionChoice;
import dev.sol.runtime.AttentionCriterion;
import dev.sol.runtime.BitsSite;
import dev.sol.runtime.DroppedPages;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.MlpCriterion;
import dev.sol.runtime.RequestException;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class GridTest {
    private static Grid grid(String only) {
        return Grid.of(8, new double[] {.5, .25}, new double[] {.75}, new int[] {8, 4}, Pattern.compile(only));
    }

    private static List<String> ids(Grid grid) {
        return grid.cells().stream().map(Cell::id).toList();
    }

    @Test
    void everyMeaningOfEveryKnob() {
        Grid grid = grid("");

        assertThat(ids(grid)).doesNotHaveDuplicates().hasSize(13 * 2 + 4 + 2 * 2);
        assertThat(ids(grid("0.5$")))
                .containsExactly(
                        "attn/recency/0.5",
                        "attn/quest/none/kv/0.5",
                        "attn/quest/none/query/0.5",
                        "attn/quest/none/shared/0.5",
                        "attn/quest/tail/kv/0.5",
                        "attn/quest/tail/query/0.5",
                        "attn/quest/tail/shared/0.5",
                        "attn/mean/none/kv/0.5",
                        "attn/mean/none/query/0.5",
                        "attn/mean/none/shared/0.5",
                        "attn/mean/tail/kv/0.5",
                        "attn/mean/tail/query/0.5",
                        "attn/mean/tail/shared/0.5");
        assertThat(ids(new Grid(grid.of(Axis.MLP))))
                .containsExactly("mlp/channel/0.75", "mlp/neuron:1/0.75", "mlp/neuron:8/0.75", "mlp/neuron:32/0.75");
        assertThat(ids(new Grid(grid.of(Axis.BITS))))
                .containsExactly("bits/output/8", "bits/output/4", "bits/input/8", "bits/input/4");
    }

    @Test
    void aCellSaysHowItsContextIsMade() {
        KnobOptions quest =
                grid("quest/tail/shared").cells().getFirst().configuration().knobs();
        assertThat(quest)
                .isEqualTo(KnobOptions.DEFAULT
                        .withAttention(AttentionCriterion.QUEST)
                        .withPage(8)
                        .withChoice(AttentionChoice.SHARED)
                        .withDropped(DroppedPages.TAIL));

        assertThat(grid("neuron:32").cells().getFirst().configuration().knobs())
                .isEqualTo(KnobOptions.DEFAULT.withMlp(MlpCriterion.NEURON).withGroup(32));
        assertThat(grid("channel").cells().getFirst().configuration().knobs())
                .isEqualTo(KnobOptions.DEFAULT.withMlp(MlpCriterion.CHANNEL));
        assertThat(grid("input").cells().getFirst().configuration().knobs())
                .isEqualTo(KnobOptions.DEFAULT.withBitsSite(BitsSite.INPUT));
    }

    @Test
    void oneKnobAtATime() {
        assertThat(grid("recency/0.25").cells().getFirst().action()).isEqualTo(new Action(.25, 1, 16));
        assertThat(grid("neuron:1/").cells().getFirst().action()).isEqualTo(new Action(1, .75, 16));
        assertThat(grid("output/4").cells().getFirst().action()).isEqualTo(new Action(1, 1, 4));
    }

    @Test
    void aValueIsMeasuredOnce() {
        assertThat(Grid.of(8, new double[] {.5, .50}, new double[0], new int[0], Pattern.compile("recency"))
                        .cells())
                .hasSize(1);
    }

    @Test
    void whatCannotBeMeasured() {
        assertThatThrownBy(() -> grid("nothing"))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("--only nothing matches nothing")
                .hasMessageContaining("attn/");
        assertThatThrownBy(() -> Grid.of(8, new double[] {0}, new double[] {.75}, new int[] {8}, Pattern.compile("")))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("--attn: attn must be in (0, 1], but is 0.0");
        assertThatThrownBy(() -> Grid.of(8, new double[] {.5}, new double[] {.75}, new int[] {3}, Pattern.compile("")))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("--bits: bits must be in 4…16, but is 3");
        assertThatThrownBy(() -> Grid.of(0, new double[] {.5}, new double[] {.75}, new int[] {8}, Pattern.compile("")))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("page must be at least 1");
    }
}
