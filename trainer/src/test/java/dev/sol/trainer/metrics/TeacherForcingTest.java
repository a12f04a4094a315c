package dev.sol.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Action;
import dev.sol.runtime.AttentionCriterion;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.DroppedPages;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Batched losses against those of decoding step by step. */
@Tag("model")
@Timeout(300)
class TeacherForcingTest {
    private static final String TEXT = """
            Once upon a time there lived in a little house at the edge of the wood a miller who had three sons and one \
            daughter. The eldest went out into the world to seek his fortune, and when a year had gone by he came home with \
            nothing but an old hat. "Father," said he, "the hat will show us the way to the castle under the hill, where \
            the queen of the birds keeps the golden key." But the miller only laughed and gave him bread and sent him to bed. \
            In the night the girl heard a voice at the window, and it was the hat that spoke.""";

    private static final int WINDOW = 40;
    private static final int PREFIX = 8;
    private static final Action FEWER_POSITIONS = new Action(.4, 1, 16);
    private static final Action PRUNED = new Action(.4, .5, 5);

    private static final KnobOptions PAGES = KnobOptions.DEFAULT
            .withAttention(AttentionCriterion.QUEST)
            .withPage(4)
            .withDropped(DroppedPages.TAIL);

    private static Model model;
    private static List<int[]> windows;

    @BeforeAll
    static void load() {
        model = Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT);
        int[] tokens = model.tokenizer().encode(TEXT, false, false);
        windows = IntStream.range(0, 3)
                .mapToObj(i -> Arrays.copyOfRange(tokens, i * WINDOW, (i + 1) * WINDOW))
                .toList();
        assertThat(tokens).hasSizeGreaterThanOrEqualTo(3 * WINDOW);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static TeacherForcing.Result score(KnobOptions knobs, Action action, int decode) {
        try (TeacherForcing forcing = TeacherForcing.open(model, WINDOW, PREFIX, 1, knobs, decode)) {
            return forcing.score(windows, action, _ -> {});
        }
    }

    /** One token after the other, and log p from the logits: {nats, mean attention, mean MLP}. */
    private static double[] stepByStep(int[] window, KnobOptions knobs, Action action) {
        double nats = 0;
        double attn = 0;
        double mlp = 0;
        ContextOptions options =
                ContextOptions.DEFAULT.withContextLength(WINDOW).withThreads(1).withKnobs(knobs);
        try (InferenceContext context = model.newContext(options)) {
            float[] logits = new float[context.vocabularySize()];
            for (int i = 0; i < WINDOW - 1; i++) {
                context.batch().clear();
                context.batch().add(window[i], i, 0, true, i < PREFIX ? Action.DENSE : action);
                context.decode();
                if (i >= PREFIX) {
                    context.logits(0, logits);
                    double sum = IntStream.range(0, logits.length)
                            .mapToDouble(token -> Math.exp(logits[token]))
                            .sum();
                    nats += Math.log(sum) - logits[window[i + 1]];
                    attn += context.usage(0).attn();
                    mlp += context.usage(0).mlp();
                }
            }
        }
        int scored = WINDOW - 1 - PREFIX;
        return new double[] {nats, attn / scored, mlp / scored};
    }

    private static void assertAgrees(TeacherForcing.Result result, KnobOptions knobs, Action action, double tolerance) {
        double attn = 0;
        double mlp = 0;
        for (int i = 0; i < windows.size(); i++) {
            double[] steps = stepByStep(windows.get(i), knobs, action);
            assertThat(result.losses().nats()[i]).as("window " + i).isCloseTo(steps[0], within(tolerance));
            assertThat(result.losses().tokens()[i]).isEqualTo(WINDOW - 1 - PREFIX);
            attn += steps[1] / windows.size();
            mlp += steps[2] / windows.size();
        }
        assertThat(result.spent().attn()).isCloseTo(attn, within(1e-9));
        assertThat(result.spent().mlp()).isCloseTo(mlp, within(1e-9));
    }

    @Test
    void denseAsStepByStep() {
        TeacherForcing.Result result = score(KnobOptions.DEFAULT, Action.DENSE, 512);

        assertAgrees(result, KnobOptions.DEFAULT, Action.DENSE, .02);
        assertThat(result.spent()).isEqualTo(new Spent(1, 1));
    }

    @Test
    void fewerPositionsAsStepByStep() {
        for (KnobOptions knobs : List.of(KnobOptions.DEFAULT, PAGES)) {
            assertAgrees(score(knobs, FEWER_POSITIONS, 512), knobs, FEWER_POSITIONS, .02);
        }
    }

    /**
     * Kernels for one token and for many differ in the last bits. That now and then keeps another unit, or rounds to the next
     * step, and a window then differs by up to half a nat of about 100; from dense it differs by several.
     */
    @Test
    void prunedAsStepByStep() {
        TeacherForcing.Result result = score(PAGES, PRUNED, 512);

        assertAgrees(result, PAGES, PRUNED, 1);
        assertThat(result.losses().perplexity().nats())
                .isGreaterThan(3
                        + score(PAGES, Action.DENSE, 512).losses().perplexity().nats());
        assertThat(result.spent().mlp()).isEqualTo(.5);
    }

    /** 512: all windows side by side. 40: one after the other. 16: in parts, as windows longer than a decode are. */
    @Test
    void inPartsAndSideBySide() {
        TeacherForcing.Result whole = score(PAGES, FEWER_POSITIONS, 512);
        for (int decode : new int[] {WINDOW, 16}) {
            TeacherForcing.Result parts = score(PAGES, FEWER_POSITIONS, decode);

            for (int i = 0; i < windows.size(); i++) {
                assertThat(parts.losses().nats()[i]).isCloseTo(whole.losses().nats()[i], within(.02));
            }
            assertThat(parts.spent()).isEqualTo(whole.spent());
        }
    }

    @Test
    void progressCountsScoredTokens() {
        AtomicInteger scored = new AtomicInteger();
        try (TeacherForcing forcing = TeacherForcing.open(model, WINDOW, PREFIX, 1, KnobOptions.DEFAULT, 16)) {
            TeacherForcing.Result result = forcing.score(windows, PRUNED, scored::addAndGet);

            assertThat(scored).hasValue(3 * (WINDOW - 1 - PREFIX));
            assertThat(result.losses().perplexity().tokens()).isEqualTo(scored.get());
        }
    }

    @Test
    void endsWhenItIsCancelled() {
        try (TeacherForcing forcing = TeacherForcing.open(model, WINDOW, PREFIX, 1, KnobOptions.DEFAULT, WINDOW)) {
            assertThatThrownBy(() -> forcing.score(windows, PRUNED, _ -> forcing.cancel()))
                    .isInstanceOf(CancellationException.class);
            assertThatThrownBy(() -> forcing.score(windows, PRUNED, _ -> {})).isInstanceOf(CancellationException.class);
        }
    }

    @Test
    void whatDoesNotFit() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TeacherForcing.open(model, WINDOW, WINDOW - 1, 1, KnobOptions.DEFAULT))
                .withMessageContaining("leaves nothing to score");
        try (TeacherForcing forcing = TeacherForcing.open(model, WINDOW + 1, PREFIX, 1, KnobOptions.DEFAULT)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> forcing.score(windows, PRUNED, _ -> {}))
                    .withMessageContaining("a window of 40 tokens, not 41");
        }
    }
}
