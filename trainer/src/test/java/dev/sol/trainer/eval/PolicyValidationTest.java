package dev.sol.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
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
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

/** On a "model" whose losses are known. */
class PolicyValidationTest {
    private static final int PREFIX = 20;
    private static final int STRETCH = 128;
    private static final int WINDOWS = 12;
    private static final List<Budget> TARGETS =
            List.of(new Budget(.34, .34, 7.1), new Budget(.5, .5, 8.5), new Budget(.66, .66, 9.9));

    /** What neither the order of the steps nor the plane gets right. */
    private static final double NOISE = 5e-3;

    private static PolicyValidation validation(Lockstep model, List<Budget> targets) {
        return new PolicyValidation(model, FakeLockstep.windows(WINDOWS, PREFIX + STRETCH + 1), PREFIX, targets);
    }

    private static double difference(ComputePolicy policy) {
        try (PolicyValidation validation = validation(new FakeLockstep(4), TARGETS)) {
            return validation.difference(policy);
        }
    }

    /** A policy that works towards targets which are that much higher, as shares. */
    private static ComputePolicy spending(ComputePolicy policy, double more) {
        return new ComputePolicy() {
            @Override
            public String name() {
                return "spending";
            }

            @Override
            public PolicySession start(PolicyContext context) {
                Budget target = context.target();
                Budget higher =
                        new Budget(target.attn() + more, target.mlp() + more, target.bits() + Axis.BITS.ofShare(more));
                return policy.start(new PolicyContext(higher, context.grid(), context.seed()));
            }
        };
    }

    @Test
    void uniformIsNeitherBetterNorWorseThanItself() {
        assertThat(difference(Policies.byName("uniform"))).isCloseTo(0, within(1e-9));
    }

    @Test
    void theStartOfATrainingIsAsGoodAsUniform() {
        assertThat(difference(LearnedPolicies.initial(FakeLockstep.EMBEDDING))).isCloseTo(0, within(NOISE));
    }

    @Test
    void aBadPolicyIsWorse() {
        assertThat(difference(LearnedPolicies.extreme(FakeLockstep.EMBEDDING))).isGreaterThan(2 * NOISE);
    }

    /** Odd tokens cost ten times as much. */
    @Test
    void aPolicyThatKnowsTheTokensIsBetter() {
        ComputePolicy knowing = new ComputePolicy() {
            @Override
            public String name() {
                return "knowing";
            }

            @Override
            public boolean needsEmbedding() {
                return true;
            }

            @Override
            public PolicySession start(PolicyContext context) {
                Budget target = context.target();
                return observation -> {
                    int way = ((int) observation.embedding()[0] & 1) == 1 ? 1 : -1;
                    ActionGrid grid = context.grid();
                    return new Action(
                            grid.nearest(Axis.ATTN, target.attn() + .2 * way),
                            grid.nearest(Axis.MLP, target.mlp() + .2 * way),
                            (int) grid.nearest(Axis.BITS, target.bits() + 3 * way));
                };
            }
        };
        assertThat(difference(knowing)).isLessThan(-4 * NOISE);
    }

    @Test
    void spendingMoreIsNotBeingBetter() {
        ComputePolicy fixed = new FixedMix("fixed", ActionGrid.defaultGrid(), .5);
        ComputePolicy more = spending(fixed, .015);
        PolicyEvaluation evaluation =
                new PolicyEvaluation(new FakeLockstep(4), FakeLockstep.passages(WINDOWS, PREFIX + STRETCH + 1, PREFIX));
        Budget half = TARGETS.get(1);
        double gain = mean(evaluation, fixed, half) - mean(evaluation, more, half);
        assertThat(gain).as("what spending brings").isGreaterThan(5e-3);

        assertThat(difference(more)).isCloseTo(difference(fixed), within(gain / 4));
    }

    private static double mean(PolicyEvaluation evaluation, ComputePolicy policy, Budget target) {
        return evaluation
                .run(Spender.of(policy, target), 0, _ -> {})
                .losses()
                .perplexity()
                .mean();
    }

    @Test
    void denseTargetsAndKnobsWithoutEffectNeedNoSlope() {
        KnobReach mlpOnly = new KnobReach(false, true, false);
        try (PolicyValidation validation =
                validation(new FakeLockstep(4, mlpOnly), List.of(Budget.DENSE, new Budget(.5, .5, 8)))) {
            assertThat(validation.difference(Policies.byName("uniform"))).isCloseTo(0, within(1e-9));
        }
    }

    @Test
    void uniformIsMeasuredOnceAndThenEachPolicyInOneRunPerTarget() {
        FakeLockstep model = new FakeLockstep(4);
        try (PolicyValidation validation = validation(model, TARGETS)) {
            double first = validation.difference(Policies.byName("drift"));
            int runs = TARGETS.size();
            int run = model.scored.size() / (runs * 5);
            assertThat(model.scored).as("four of uniform, one of the policy").hasSize(runs * 5 * run);

            assertThat(validation.difference(Policies.byName("drift"))).isEqualTo(first);
            assertThat(model.scored).hasSize(runs * 6 * run);
        }
    }

    @Test
    void cancellation() {
        try (PolicyValidation validation = validation(new FakeLockstep(4), TARGETS)) {
            validation.cancel();
            assertThatThrownBy(() -> validation.difference(Policies.byName("uniform")))
                    .isInstanceOf(CancellationException.class);
        }
    }
}
