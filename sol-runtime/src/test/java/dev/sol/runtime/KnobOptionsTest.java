package dev.sol.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.policy.Axis;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the knobs may mean, and what layers and steps report of them. */
class KnobOptionsTest {
    private static final KnobOptions DEFAULT = KnobOptions.DEFAULT;

    @Test
    void everyOptionCanBeChangedAlone() {
        KnobOptions all = DEFAULT.withAttention(AttentionCriterion.QUEST)
                .withForced(1, 3)
                .withPage(1024)
                .withChoice(AttentionChoice.SHARED)
                .withDropped(DroppedPages.TAIL)
                .withMlp(MlpCriterion.CHANNEL)
                .withGroup(32)
                .withGate(MlpGate.PREDICTED)
                .withBitsSite(BitsSite.INPUT);

        assertThat(all)
                .isEqualTo(new KnobOptions(
                        AttentionCriterion.QUEST,
                        1,
                        3,
                        1024,
                        AttentionChoice.SHARED,
                        DroppedPages.TAIL,
                        MlpCriterion.CHANNEL,
                        32,
                        MlpGate.PREDICTED,
                        BitsSite.INPUT));
        assertThat(all.forcedPositions()).isEqualTo(5);
        assertThat(DEFAULT.forcedPositions()).isEqualTo(7);
    }

    static Stream<Arguments> wrong() {
        return Stream.of(
                change(knobs -> knobs.withPage(0), "page must be at least 1, not 0"),
                change(knobs -> knobs.withPage(1025), "page must be at most 1024, not 1025"),
                change(knobs -> knobs.withForced(-1, 2), "sinks must be at least 0"),
                change(knobs -> knobs.withForced(4, -1), "window must be at least 0"),
                change(knobs -> knobs.withGroup(7), "1, 8 or 32, not 7"),
                change(knobs -> knobs.withDropped(DroppedPages.TAIL), "recency has none: use quest or mean"));
    }

    private static Arguments change(UnaryOperator<KnobOptions> change, String message) {
        return Arguments.of(change, message);
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void wrongOnesAreNamed(UnaryOperator<KnobOptions> change, String message) {
        assertThatThrownBy(() -> change.apply(DEFAULT))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"QUEST", "MEAN"})
    void pagesNeedFlashAttention(AttentionCriterion criterion) {
        KnobOptions pages = DEFAULT.withAttention(criterion).withDropped(DroppedPages.TAIL);
        ContextOptions options = ContextOptions.DEFAULT.withKnobs(pages);

        assertThatThrownBy(() -> options.withFlashAttention(false))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("flash attention");
        assertThat(ContextOptions.DEFAULT.withFlashAttention(false).knobs()).isEqualTo(DEFAULT);
    }

    @Test
    void halvedKeysNeedFlashAttention() {
        ContextOptions options = ContextOptions.DEFAULT.withKvType(KvType.Q8_0);

        assertThatThrownBy(() -> options.withFlashAttention(false))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("flash attention");
    }

    @Test
    void everyContextOptionCanBeChangedAlone() {
        ContextOptions all = ContextOptions.DEFAULT
                .withContextLength(1)
                .withCells(2)
                .withBatchSize(4, 3)
                .withMaxSequences(5)
                .withThreads(6)
                .withKvType(KvType.Q8_0)
                .withExecution(Execution.SKIP)
                .withSkipMlp(false)
                .withRecordMlp(true)
                .withKnobs(DEFAULT.withPage(7));

        assertThat(all)
                .isEqualTo(new ContextOptions(
                        1, 2, 4, 3, 5, 6, 6, true, KvType.Q8_0, Execution.SKIP, false, true, DEFAULT.withPage(7)));
        assertThat(ContextOptions.DEFAULT.withFlashAttention(false))
                .isNotEqualTo(ContextOptions.DEFAULT)
                .isEqualTo(ContextOptions.DEFAULT.withFlashAttention(false).withThreads(0));
        assertThat(ContextOptions.DEFAULT.execution()).isEqualTo(Execution.REFERENCE);
    }

    @Test
    void theMlpKnobReachesAModelThroughExpertsOfAnyKind() {
        LayerKnobs dense = new LayerKnobs(LayerKnobs.Attention.FULL, 10, 0, 0, true, false, false);
        LayerKnobs shared = new LayerKnobs(LayerKnobs.Attention.FULL, 0, 20, 0, true, false, false);
        LayerKnobs routed = new LayerKnobs(LayerKnobs.Attention.FULL, 0, 0, 30, true, false, false);
        LayerKnobs none = new LayerKnobs(LayerKnobs.Attention.FULL, 0, 0, 0, true, false, false);

        for (LayerKnobs reached : List.of(dense, shared, routed)) {
            assertThat(KnobReach.of(List.of(none, reached)).unreached()).isEmpty();
        }
        assertThat(KnobReach.of(List.of(none, none)).unreached()).containsExactly(Axis.MLP);
        assertThat(new LayerKnobs(LayerKnobs.Attention.NONE, 1, 2, 4, false, false, false).units())
                .isEqualTo(7);
    }

    @Test
    void aStepsSharesAreOfAllThatTheKnobsReach() {
        StepUsage usage = new StepUsage(10, 40, 20, 20, 1, 8, 2, 4, 3, 12);
        assertThat(usage.attn()).isEqualTo(0.5);
        assertThat(usage.mlp()).isEqualTo(0.25);
        StepUsage routedOnly = new StepUsage(0, 0, 0, 0, 0, 0, 0, 0, 3, 4);
        assertThat(routedOnly.attn()).isEqualTo(1);
        assertThat(routedOnly.mlp()).isEqualTo(0.75);
        assertThat(new StepUsage(1, 1, 0, 0, 0, 0, 0, 0, 0, 0).mlp()).isEqualTo(1);
    }
}
