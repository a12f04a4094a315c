package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every criterion, and what of them does not go together. */
@Tag("native")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NativeCriteriaTest {
    private static final int PROMPT = 64;
    private static final int PAIRS = TinyModel.HEADS * TinyModel.LAYERS;

    private ModelHandle model;

    @BeforeAll
    void loadModel(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("tiny.gguf");
        TinyModel.write(file);
        model = Sol.loadModel(file, new ModelParams(0, false, false));
    }

    @AfterAll
    void freeModel() {
        Sol.freeModel(model);
    }

    /** What the token after the prompt gives. */
    private record Outcome(List<Float> logits, Usage usage) {}

    private Outcome decode(ContextParams params, float attn, float mlp, int bits) {
        ContextHandle context = Sol.createContext(model, params);
        try (BatchBuffer batch = new BatchBuffer(PROMPT)) {
            for (int i = 0; i < PROMPT; i++) {
                batch.add('a' + i * 7 % 26, i, 0, false);
            }
            Sol.decode(context, batch);
            batch.clear();
            batch.add('x', PROMPT, 0, true, attn, mlp, bits);
            Sol.decode(context, batch);
            List<Float> logits = Sol.logits(context, 0)
                    .elements(ValueLayout.JAVA_FLOAT)
                    .map(logit -> logit.get(ValueLayout.JAVA_FLOAT, 0))
                    .toList();
            return new Outcome(logits, Sol.usage(context, 0));
        } finally {
            Sol.freeContext(context);
        }
    }

    private static ContextParams attention(AttentionCriterion attention, AttentionChoice choice, DroppedPages dropped) {
        return TestContexts.params(true, attention, 16, choice, dropped, MlpCriterion.NEURON, BitsSite.OUTPUT);
    }

    private static ContextParams mlp(MlpCriterion mlp, BitsSite bitsSite) {
        return TestContexts.params(
                true, AttentionCriterion.RECENCY, 16, AttentionChoice.PER_KV_HEAD, DroppedPages.NONE, mlp, bitsSite);
    }

    static Stream<Arguments> pages() {
        return Stream.of(AttentionCriterion.QUEST, AttentionCriterion.MEAN)
                .flatMap(criterion -> Arrays.stream(AttentionChoice.values())
                        .flatMap(choice -> Arrays.stream(DroppedPages.values())
                                .map(dropped -> Arguments.of(criterion, choice, dropped))));
    }

    /** 65 positions are 5 pages. The sinks are in page 0; positions 62 to 64, the window and the token, in pages 3 and 4. */
    @ParameterizedTest
    @MethodSource("pages")
    void wholePagesAreKept(AttentionCriterion criterion, AttentionChoice choice, DroppedPages dropped) {
        ContextParams params = attention(criterion, choice, dropped);

        Outcome forced = decode(params, 0.3f, 1, 16); // ⌈.3 · 5⌉ = 2, but three are forced
        assertThat(forced.usage().fullVisible()).isEqualTo(65L * PAIRS);
        assertThat(forced.usage().fullAttended()).isEqualTo((16L + 16 + 1) * PAIRS);

        Outcome chosen = decode(params, 0.7f, 1, 16); // ⌈.7 · 5⌉ = 4: page 1 or 2 as well
        assertThat(chosen.usage().fullAttended()).isEqualTo((16L + 16 + 16 + 1) * PAIRS);
        assertFinite(chosen.logits());
        assertThat(chosen.logits()).isNotEqualTo(forced.logits());

        Outcome all = decode(params, 1, 1, 16);
        Outcome dense = decode(TestContexts.params(256, 1, 8), 1, 1, 16);
        assertThat(all.usage()).isEqualTo(dense.usage());
        assertThat(all.logits()).isEqualTo(dense.logits());
    }

    @Test
    void aTailStandsInForWhatIsDropped() {
        for (AttentionCriterion criterion : List.of(AttentionCriterion.QUEST, AttentionCriterion.MEAN)) {
            List<Float> without = decode(attention(criterion, AttentionChoice.SHARED, DroppedPages.NONE), 0.3f, 1, 16)
                    .logits();
            List<Float> with = decode(attention(criterion, AttentionChoice.SHARED, DroppedPages.TAIL), 0.3f, 1, 16)
                    .logits();
            List<Float> dense = decode(TestContexts.params(256, 1, 8), 1, 1, 16).logits();
            assertThat(distance(with, dense)).isPositive().isLessThan(distance(without, dense));
        }
    }

    @Test
    void channelsAreThoseOfTheInput() {
        Outcome outcome = decode(mlp(MlpCriterion.CHANNEL, BitsSite.OUTPUT), 1, 0.3f, 16);

        assertThat(outcome.usage().mlpUnits()).isEqualTo(TinyModel.EMBEDDING * TinyModel.LAYERS);
        assertThat(outcome.usage().mlpKept()).isEqualTo(20L * TinyModel.LAYERS); // ⌈.3 · 64⌉
        assertFinite(outcome.logits());
        assertThat(outcome.logits())
                .isNotEqualTo(decode(mlp(MlpCriterion.NEURON, BitsSite.OUTPUT), 1, 0.3f, 16)
                        .logits());
    }

    @Test
    void bitsRoundTheInputOrTheOutput() {
        List<Float> output =
                decode(mlp(MlpCriterion.NEURON, BitsSite.OUTPUT), 1, 1, 4).logits();
        List<Float> input =
                decode(mlp(MlpCriterion.NEURON, BitsSite.INPUT), 1, 1, 4).logits();
        List<Float> dense =
                decode(mlp(MlpCriterion.NEURON, BitsSite.INPUT), 1, 1, 16).logits();

        assertFinite(input);
        assertThat(input).isNotEqualTo(output).isNotEqualTo(dense);
        assertThat(dense)
                .isEqualTo(decode(mlp(MlpCriterion.NEURON, BitsSite.OUTPUT), 1, 1, 16)
                        .logits());
    }

    @Test
    void whatDoesNotGoTogetherIsRefused() {
        AttentionChoice kv = AttentionChoice.PER_KV_HEAD;
        assertRefused(page(true, AttentionCriterion.QUEST, 0, DroppedPages.NONE), "page");
        assertRefused(page(true, AttentionCriterion.QUEST, 1025, DroppedPages.NONE), "page");
        assertRefused(page(false, AttentionCriterion.QUEST, 16, DroppedPages.NONE), "flash");
        assertRefused(page(false, AttentionCriterion.MEAN, 16, DroppedPages.NONE), "flash");
        assertRefused(attention(AttentionCriterion.RECENCY, kv, DroppedPages.TAIL), "tail");
    }

    private static ContextParams page(boolean flash, AttentionCriterion attention, int page, DroppedPages dropped) {
        return TestContexts.params(
                flash, attention, page, AttentionChoice.PER_KV_HEAD, dropped, MlpCriterion.NEURON, BitsSite.OUTPUT);
    }

    private void assertRefused(ContextParams params, String message) {
        assertThatThrownBy(() -> Sol.createContext(model, params))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining(message);
    }

    private static void assertFinite(List<Float> logits) {
        assertThat(logits).allSatisfy(logit -> assertThat(logit).isFinite());
    }

    private static double distance(List<Float> a, List<Float> b) {
        double squares = 0;
        for (int i = 0; i < a.size(); i++) {
            squares += Math.pow(a.get(i) - b.get(i), 2);
        }
        return Math.sqrt(squares);
    }
}
