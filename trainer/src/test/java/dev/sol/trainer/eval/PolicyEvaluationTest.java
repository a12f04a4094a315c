package dev.sol.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Policies;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import dev.sol.runtime.KnobReach;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The evaluation, on a "model" whose losses are known. */
class PolicyEvaluationTest {
    private static final int PREFIX = 20;
    private static final int STRETCH = 128;
    private static final Budget HALF = Budget.ofNet(.5, ActionGrid.defaultGrid());

    private static PolicyEvaluation evaluation(Lockstep model, int windows) {
        return new PolicyEvaluation(model, FakeLockstep.passages(windows, PREFIX + STRETCH + 1, PREFIX));
    }

    private static Measured run(Lockstep model, int windows, Spender spender) {
        return evaluation(model, windows).run(spender, 7, _ -> {});
    }

    private static Spender half(String policy) {
        return Spender.of(Policies.byName(policy), HALF);
    }

    @Test
    void densePoliciesHaveDenseLosses() {
        Measured dense = run(new FakeLockstep(2), 3, half("dense"));

        for (float[] window : dense.nll()) {
            assertThat(window).hasSize(STRETCH).containsOnly((float) FakeLockstep.DENSE_NATS);
        }
        assertThat(dense.losses().perplexity().tokens()).isEqualTo(3 * STRETCH);
        assertThat(dense.losses().perplexity().mean()).isEqualTo(FakeLockstep.DENSE_NATS);
        assertThat(dense.realised()).isEqualTo(Budget.DENSE);
        assertThat(dense.chosen()).isEqualTo(Budget.DENSE);
    }

    @Test
    void lossesAreThoseOfTheActionAndTheTokenOfTheStep() {
        Action action = new Action(.5, .25, 8);
        ComputePolicy always =
                new Schedule("always", ActionGrid.defaultGrid(), java.util.Collections.nCopies(STRETCH, action));
        List<int[]> windows = FakeLockstep.windows(2, PREFIX + STRETCH + 1);

        Measured measured = new PolicyEvaluation(new FakeLockstep(2), Passage.of(windows, PREFIX))
                .run(Spender.of(always, HALF), 0, _ -> {});

        for (int window = 0; window < 2; window++) {
            for (int step = 0; step < STRETCH; step++) {
                assertThat(measured.nll()[window][step])
                        .isEqualTo((float) FakeLockstep.nats(windows.get(window)[PREFIX + step], action));
            }
        }
        assertThat(measured.actions()[ActionGrid.defaultGrid().indexOf(action)]).isEqualTo(2 * STRETCH);
        assertThat(measured.histogram(Axis.BITS)).containsExactly(0, 0, 0, 0, 2 * STRETCH, 0, 0, 0, 0, 0, 0, 0, 0);
        assertThat(measured.chosen()).isEqualTo(new Budget(.5, .25, 8));
        assertThat(measured.realised().mlp()).isCloseTo(.3, within(1e-12)); // 2.5 of 10 units are 3
    }

    @ParameterizedTest
    @ValueSource(strings = {"uniform", "random", "entropy", "drift"})
    void windowsInLockstepAreWindowsOneAtATime(String policy) {
        Measured together = run(new FakeLockstep(4), 6, half(policy));
        Measured alone = run(new FakeLockstep(1), 6, half(policy));

        assertThat(together.nll()).isDeepEqualTo(alone.nll());
        assertThat(together.actions()).isEqualTo(alone.actions());
        assertThat(together.perWindow()).isEqualTo(alone.perWindow());
        assertThat(together.realised()).isEqualTo(alone.realised());
        for (Budget window : together.perWindow()) {
            assertThat(Matching.distance(window, HALF)).isLessThan(.02);
        }
    }

    @Test
    void thePolicySeesTheStateBeforeItsStepAndTheTokenOfIt() {
        List<List<Double>> seen = new ArrayList<>();
        ComputePolicy curious = new ComputePolicy() {
            @Override
            public String name() {
                return "curious";
            }

            @Override
            public boolean needsHidden() {
                return true;
            }

            @Override
            public boolean needsEmbedding() {
                return true;
            }

            @Override
            public boolean needsEntropy() {
                return true;
            }

            @Override
            public PolicySession start(PolicyContext context) {
                return observation -> {
                    seen.add(List.of(
                            (double) observation.step(),
                            (double) observation.remaining(),
                            (double) observation.hidden()[0],
                            (double) observation.hidden()[1],
                            (double) observation.embedding()[0],
                            Math.rint(observation.previousEntropy() * 1e4) / 1e4,
                            (double) observation.previousAction()));
                    return context.grid().action(5);
                };
            }
        };
        int[] window = {0, 1, 2, 3, 4, 11, 12, 13, 14, 15, 16};

        Measured measured = new PolicyEvaluation(new FakeLockstep(1), List.of(new Passage(window, 5)))
                .run(Spender.of(curious, HALF), 0, _ -> {});

        // Steps 0 and 1 see 6 and 7 positions, all of them forced: they are dense and the policy is not asked.
        assertThat(seen)
                .containsExactly(
                        List.of(2., 3., 7., 12., -13., .12, -1.),
                        List.of(3., 2., 8., 13., -14., .13, 5.),
                        List.of(4., 1., 9., 14., -15., .14, 5.));
        assertThat(measured.nll()[0]).hasSize(5).startsWith(2f, 2f);
        assertThat(measured.nll()[0][2]).isGreaterThan(2);
        assertThat(Arrays.stream(measured.actions()).sum()).isEqualTo(3);
    }

    @Test
    void aKnobThatReachesNothingIsRealisedAsDense() {
        Measured measured = run(new FakeLockstep(2, new KnobReach(false, true, false)), 2, half("uniform"));

        assertThat(measured.realised().attn()).isEqualTo(1);
        assertThat(measured.realised().bits()).isEqualTo(16);
        assertThat(measured.realised().mlp()).isCloseTo(.5, within(.01));
    }

    @Test
    void withoutEffectiveStepsNothingIsSpared() {
        Measured measured = new PolicyEvaluation(new FakeLockstep(2), FakeLockstep.passages(2, 7, 3))
                .run(half("uniform"), 0, _ -> {});

        assertThat(measured.realised()).isEqualTo(Budget.DENSE);
        assertThat(Arrays.stream(measured.actions()).sum()).isZero();
        assertThat(measured.losses().perplexity().mean()).isEqualTo(FakeLockstep.DENSE_NATS);
    }

    @Test
    void progressIsToldOfEveryToken() {
        AtomicInteger tokens = new AtomicInteger();
        evaluation(new FakeLockstep(4), 6).run(half("uniform"), 0, tokens::addAndGet);

        assertThat(tokens).hasValue(6 * STRETCH);
    }

    @Test
    void cancellation() {
        FakeLockstep model = new FakeLockstep(1);
        model.cancel();
        assertThatThrownBy(() -> run(model, 1, half("uniform"))).isInstanceOf(CancellationException.class);
    }

    /** Passages of 3, 9 and 6 steps in two lanes are what each is alone. */
    @Test
    void passagesOfUnequalLengths() {
        List<Passage> passages = List.of(
                new Passage(FakeLockstep.windows(1, 24).getFirst(), 20),
                new Passage(FakeLockstep.windows(1, 30).getFirst(), 20),
                new Passage(FakeLockstep.windows(1, 27).getFirst(), 20));

        Measured together = new PolicyEvaluation(new FakeLockstep(2), passages).run(half("entropy"), 0, _ -> {});

        for (int i = 0; i < passages.size(); i++) {
            Measured alone = new PolicyEvaluation(new FakeLockstep(1), List.of(passages.get(i)))
                    .run(half("entropy"), i, _ -> {});
            assertThat(together.nll()[i])
                    .isEqualTo(alone.nll()[0])
                    .hasSize(passages.get(i).steps());
            assertThat(together.perWindow()[i]).isEqualTo(alone.perWindow()[0]);
        }
        assertThat(together.losses().tokens()).containsExactly(3, 9, 6);
    }

    @Test
    void aRefreshComesAfterEveryTSteps() {
        FakeLockstep model = new FakeLockstep(2);
        List<Passage> passages = FakeLockstep.passages(2, PREFIX + 10 + 1, PREFIX);
        Measured refreshed = new PolicyEvaluation(model, null, passages, 4, false).run(half("uniform"), 0, _ -> {});
        Measured plain = new PolicyEvaluation(new FakeLockstep(2), passages).run(half("uniform"), 0, _ -> {});

        assertThat(model.refreshes).containsExactly(4, 4);
        assertThat(refreshed.nll()).as("what a step lost is not forgotten").isDeepEqualTo(plain.nll());
    }

    @Test
    void hitsAreThoseOfTheLabels() {
        Passage passage = new Passage(new int[] {1, 1, 1, 4, 5, 6, 8}, 3);
        Measured measured = new PolicyEvaluation(new FakeLockstep(1), null, List.of(passage), 0, true)
                .run(half("uniform"), 0, _ -> {});
        assertThat(measured.hits()[0]).containsExactly(false, true, true);
        assertThat(run(new FakeLockstep(1), 1, half("uniform")).hits()).isEmpty();
    }

    @Test
    void passagesMustFit() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Passage(new int[10], 9))
                .withMessageContaining("nothing to score in 10");
        assertThatIllegalArgumentException().isThrownBy(() -> new Passage(new int[10], 0));
        assertThatIllegalArgumentException().isThrownBy(() -> new PolicyEvaluation(new FakeLockstep(1), List.of()));
    }
}
