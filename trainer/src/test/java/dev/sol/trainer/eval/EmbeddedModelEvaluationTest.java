package dev.sol.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.Policies;
import dev.sol.policy.learned.Grids;
import dev.sol.runtime.Batch;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.Execution;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelInfo;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.TokenScore;
import dev.sol.trainer.metrics.TeacherForcing;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Evaluation on the embedded model, against other ways to compute the same. */
@Tag("model")
@Timeout(300)
class EmbeddedModelEvaluationTest {
    private static final int PREFIX = 8;
    private static final int STRETCH = 31;
    private static final int WINDOW = PREFIX + STRETCH + 1;
    private static final ActionGrid GRID = ActionGrid.defaultGrid();

    private static Model model;
    private static List<int[]> windows;

    @BeforeAll
    static void load() {
        model = Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT);
        String text = """
                Once upon a time there lived in a little house at the edge of the wood a miller who had three sons and one \
                daughter. The eldest went out into the world to seek his fortune, and when a year had gone by he came home \
                with nothing but an old hat. "Father," said he, "the hat will show us the way to the castle under the hill, \
                where the queen of the birds keeps the golden key." But the miller only laughed and gave him bread.""";
        int[] tokens = model.tokenizer().encode(text, false, false);
        windows = IntStream.range(0, 3)
                .mapToObj(i -> Arrays.copyOfRange(tokens, i * 32, i * 32 + WINDOW))
                .toList();
        assertThat(tokens).hasSizeGreaterThanOrEqualTo(64 + WINDOW);
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static Measured run(int lanes, Execution execution, Spender spender) {
        try (Lockstep lockstep = ModelLockstep.open(model, lanes, WINDOW, 1, execution, KnobOptions.DEFAULT)) {
            return new PolicyEvaluation(lockstep, Passage.of(windows, PREFIX)).run(spender, 0, _ -> {});
        }
    }

    private static Spender always(Action action) {
        return Spender.of(new Schedule("always", GRID, Collections.nCopies(STRETCH, action)), Budget.DENSE);
    }

    /** The same batches without any knobs: llama.cpp's own graph. */
    @Test
    void theDensePolicyHasExactlyTheLossesOfTheModelWithoutKnobs() {
        Measured dense = run(3, Execution.REFERENCE, Spender.of(Policies.byName("dense"), Budget.DENSE));

        ContextOptions options = ContextOptions.DEFAULT
                .withContextLength(WINDOW)
                .withCells(3 * WINDOW)
                .withMaxSequences(3)
                .withBatchSize(512, 512)
                .withThreads(1);
        try (InferenceContext context = model.newContext(options)) {
            Batch batch = context.batch();
            for (int lane = 0; lane < 3; lane++) {
                for (int i = 0; i < PREFIX - 1; i++) {
                    batch.add(windows.get(lane)[i], i, lane, false);
                }
            }
            context.decode();
            for (int position = PREFIX - 1; position < WINDOW - 1; position++) {
                batch.clear();
                int[] labels = new int[3];
                for (int lane = 0; lane < 3; lane++) {
                    batch.add(windows.get(lane)[position], position, lane, true);
                    labels[lane] = windows.get(lane)[position + 1];
                }
                context.decode();
                List<TokenScore> scores = context.score(new int[] {0, 1, 2}, labels);
                for (int lane = 0; lane < 3 && position >= PREFIX; lane++) {
                    assertThat(dense.nll()[lane][position - PREFIX])
                            .isEqualTo(-scores.get(lane).logProbability());
                }
            }
        }
        assertThat(dense.realised()).isEqualTo(Budget.DENSE);
    }

    @Test
    void lossesOfOneActionAreThoseOfWholeWindowsAtOnce() {
        Action action = new Action(.4, .5, 5);
        Measured steps = run(3, Execution.REFERENCE, always(action));

        try (TeacherForcing forcing = TeacherForcing.open(model, WINDOW, PREFIX, 1, KnobOptions.DEFAULT)) {
            TeacherForcing.Result whole = forcing.score(windows, action, _ -> {});
            for (int window = 0; window < 3; window++) {
                assertThat(steps.losses().nats()[window] / STRETCH)
                        .isCloseTo(whole.losses().nats()[window] / STRETCH, within(.01));
            }
            assertThat(steps.realised().attn()).isCloseTo(whole.spent().attn(), within(1e-6));
            assertThat(steps.realised().mlp()).isCloseTo(whole.spent().mlp(), within(1e-6));
            assertThat(steps.realised().bits()).isEqualTo(5);
        }
    }

    /** Actions that differ from token to token, as batches and as steps. */
    @Test
    void batchesOfKnownActionsAreSteps() {
        Spender mix = FixedMix.spender("fixed", Grids.PAPER_3L, 3, new Budget(.4, .85, 9));
        Measured steps = run(2, Execution.REFERENCE, mix);
        try (Lockstep lockstep = ModelLockstep.open(model, 2, WINDOW, 1, Execution.REFERENCE, KnobOptions.DEFAULT);
                ForcedBatches batches = ForcedBatches.open(model, WINDOW, 1, KnobOptions.DEFAULT)) {
            Measured whole =
                    new PolicyEvaluation(lockstep, batches, Passage.of(windows, PREFIX), 0, false).run(mix, 0, _ -> {});
            assertThat(whole.choices()).isDeepEqualTo(steps.choices());
            assertThat(Matching.distance(whole.realised(), steps.realised())).isLessThan(1e-6);
            for (int window = 0; window < 3; window++) {
                assertThat(whole.losses().nats()[window] / STRETCH)
                        .isCloseTo(steps.losses().nats()[window] / STRETCH, within(.01));
            }
        }
    }

    /** Refreshed before every step, each step sees a dense cache: what it would see after a dense prefix. */
    @Test
    void refreshRestoresTheDenseCache() {
        Action action = new Action(.3, .2, 5);
        Passage passage = new Passage(windows.getFirst(), PREFIX);
        try (Lockstep lockstep = ModelLockstep.open(model, 1, WINDOW, 1, Execution.REFERENCE, KnobOptions.DEFAULT)) {
            Measured refreshed =
                    new PolicyEvaluation(lockstep, null, List.of(passage), 1, false).run(always(action), 0, _ -> {});
            Measured plain = new PolicyEvaluation(lockstep, List.of(passage)).run(always(action), 0, _ -> {});
            for (int step = 0; step < STRETCH; step++) {
                Passage prefix = new Passage(Arrays.copyOf(passage.tokens(), PREFIX + step + 2), PREFIX + step);
                float alone = new PolicyEvaluation(lockstep, List.of(prefix))
                        .run(always(action), 0, _ -> {})
                        .nll()[0][0];
                assertThat(refreshed.nll()[0][step]).isCloseTo(alone, within(.05f));
            }
            assertThat(refreshed.nll()).isNotEqualTo(plain.nll());
        }
    }

    /** Passages that begin alike share what they have in common, and are what each is alone. */
    @Test
    void commonPrefixesAreComputedOnce() {
        int[] other = windows.getFirst().clone();
        other[WINDOW - 1] = 7;
        other[WINDOW - 2] = 9;
        List<Passage> alike = List.of(new Passage(windows.getFirst(), 30), new Passage(other, 30));
        Spender uniform = Spender.of(Policies.byName("uniform"), Budget.ofNet(.6, GRID));
        try (Lockstep two = ModelLockstep.open(model, 2, WINDOW, 1, Execution.REFERENCE, KnobOptions.DEFAULT);
                Lockstep one = ModelLockstep.open(model, 1, WINDOW, 1, Execution.REFERENCE, KnobOptions.DEFAULT)) {
            Measured together = new PolicyEvaluation(two, alike).run(uniform, 0, _ -> {});
            Measured alone = new PolicyEvaluation(one, alike).run(uniform, 0, _ -> {});
            for (int i = 0; i < 2; i++) {
                for (int step = 0; step < together.nll()[i].length; step++) {
                    assertThat(together.nll()[i][step]).isCloseTo(alone.nll()[i][step], within(.05f));
                }
            }
        }
    }

    @Test
    void windowsInLockstepAreWindowsOneAtATime() {
        Spender uniform = Spender.of(Policies.byName("uniform"), Budget.ofNet(.6, GRID));
        Measured together = run(2, Execution.REFERENCE, uniform);
        Measured alone = run(1, Execution.REFERENCE, uniform);

        // Kernels for one token and for several add up in another order, and then a neuron at the threshold may be
        // another.
        assertThat(together.losses().perplexity().mean())
                .isCloseTo(alone.losses().perplexity().mean(), within(.01));
        assertThat(together.actions()).isEqualTo(alone.actions());
        assertThat(together.realised()).isEqualTo(alone.realised());
        assertThat(Matching.distance(together.realised(), Budget.ofNet(.6, GRID)))
                .isLessThan(.02);
    }

    @Test
    void skippingIsMasking() {
        Spender uniform = Spender.of(Policies.byName("uniform"), Budget.ofNet(.6, GRID));
        Measured reference = run(1, Execution.REFERENCE, uniform);
        Measured skip = run(1, Execution.SKIP, uniform);

        assertThat(skip.losses().perplexity().mean())
                .isCloseTo(reference.losses().perplexity().mean(), within(.01));
        assertThat(skip.actions()).isEqualTo(reference.actions());
    }

    @Test
    void everyPolicyCanBeMeasured() {
        for (String policy : Policies.names()) {
            Measured measured =
                    run(3, Execution.REFERENCE, Spender.of(Policies.byName(policy), Budget.ofNet(.6, GRID)));
            assertThat(measured.losses().perplexity().mean()).as(policy).isBetween(2.0, 10.0);
        }
    }

    @Test
    void timesAreMeasured() {
        try (Lockstep lockstep = ModelLockstep.open(model, 1, WINDOW, 1, Execution.SKIP, KnobOptions.DEFAULT)) {
            PolicyEvaluation one = new PolicyEvaluation(lockstep, Passage.of(windows.subList(0, 1), PREFIX));
            List<Double> millis = StepTiming.millisPerToken(
                    List.of(
                            new StepTiming.Subject(one, always(new Action(.5, .5, 16))),
                            new StepTiming.Subject(one, always(Action.DENSE))),
                    0);
            assertThat(millis).hasSize(2).allSatisfy(value -> assertThat(value).isBetween(1e-3, 1e3));
        }
    }

    @Test
    void cancellation() {
        try (Lockstep lockstep = ModelLockstep.open(model, 1, WINDOW, 1, Execution.REFERENCE, KnobOptions.DEFAULT)) {
            PolicyEvaluation evaluation = new PolicyEvaluation(lockstep, Passage.of(windows, PREFIX));
            lockstep.cancel();
            assertThatThrownBy(() -> evaluation.run(always(Action.DENSE), 0, _ -> {}))
                    .isInstanceOf(CancellationException.class);
        }
    }

    @Test
    void lanes() {
        ModelInfo info = model.info();
        assertThat(ModelLockstep.lanes(info, 256, Execution.REFERENCE)).isBetween(2, 8);
        assertThat(ModelLockstep.lanes(info, 1 << 20, Execution.REFERENCE)).isEqualTo(1);
        assertThat(ModelLockstep.lanes(info, 16, Execution.REFERENCE)).isEqualTo(16);
        assertThat(ModelLockstep.lanes(info, 16, Execution.SKIP)).isEqualTo(4);
    }
}
