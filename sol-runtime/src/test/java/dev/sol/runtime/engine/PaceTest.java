package dev.sol.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.runtime.cost.AttendedPositions;
import dev.sol.runtime.cost.CostModel;
import org.junit.jupiter.api.Test;

/** Deadlines, with steps that take 1 ms and another 8 for the whole MLP. */
class PaceTest {
    private static final CostModel COSTS = new CostModel(new AttendedPositions(4, 2, 1), 1, 0, 0, 0, 8, 8, 0);
    private static final int STEPS = 200;

    private static Pace pace(double left) {
        return new Pace(COSTS, 0, ActionGrid.defaultGrid(), left, STEPS, 10);
    }

    /** Runs all steps on a machine of which each takes {@code slowness} times as long as predicted, and so much more. */
    private static double run(double deadline, double slowness, double more) {
        Pace pace = pace(deadline);
        Budget target = pace.target();
        double now = 0;
        for (int step = 0; step < STEPS; step++) {
            target = pace.adjust(step, deadline - now, STEPS - step, 10 + step).orElse(target);
            Action action = new Action(target.attn(), target.mlp(), (int) target.bits());
            double millis = slowness * COSTS.millis(action, 10 + step) + more;
            pace.observe(millis, action, 10 + step);
            now += millis;
        }
        return now;
    }

    @Test
    void timeEnoughIsDense() {
        assertThat(pace(STEPS * 9).target()).isEqualTo(Budget.DENSE);
        assertThat(run(STEPS * 9, 1, 0)).isEqualTo(STEPS * 9);
    }

    @Test
    void theTimeIsUsed() {
        assertThat(pace(STEPS * 5).target().mlp()).isCloseTo(0.5, offset(1e-9));
        assertThat(run(STEPS * 5, 1, 0)).isBetween(STEPS * 4.7, STEPS * 5.0);
    }

    @Test
    void aSlowMachineGetsLowerTargets() {
        assertThat(run(STEPS * 6, 2, 0)).isBetween(STEPS * 5.5, STEPS * 6.05);
        assertThat(run(STEPS * 6, 1, 3)).isBetween(STEPS * 5.5, STEPS * 6.05);
    }

    @Test
    void aFastMachineGetsHigherTargets() {
        assertThat(run(STEPS * 3, 0.5, 0)).isBetween(STEPS * 2.7, STEPS * 3.05);
    }

    @Test
    void whatCannotBeMetIsDoneAtTheLeast() {
        assertThat(pace(1).target().mlp()).isEqualTo(0.05);
        assertThat(pace(-5).target().mlp()).isEqualTo(0.05);
        assertThat(run(1, 1, 0)).isCloseTo(STEPS * 1.4, offset(1e-6));
    }
}
