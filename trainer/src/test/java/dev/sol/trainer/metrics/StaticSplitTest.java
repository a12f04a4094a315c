package dev.sol.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StaticSplitTest {
    private static final ActionGrid GRID = ActionGrid.defaultGrid();

    /** Attention hardly matters, MLPs do, and bits from 6 on are free. */
    private static double additive(double attn, double mlp, double bits) {
        return .02 / attn + .4 * (1 - mlp) * (1 - mlp) + .3 * Math.max(0, 6 - bits);
    }

    private static Budget exactly(Action action) {
        return new Budget(action.attnKeep(), action.mlpKeep(), action.actBits());
    }

    private static List<StaticSplit.Row> find(ActionGrid grid, StaticLoss loss) {
        return StaticSplit.find(grid, loss, (_, _) -> {});
    }

    private static void assertIsATable(List<StaticSplit.Row> rows, ActionGrid grid) {
        assertThat(rows).hasSizeGreaterThanOrEqualTo(15);
        for (int i = 1; i < rows.size(); i++) {
            Budget before = rows.get(i - 1).target();
            Budget row = rows.get(i).target();
            assertThat(row.net()).isGreaterThan(before.net());
            for (Axis axis : Axis.values()) {
                assertThat(row.get(axis)).isGreaterThanOrEqualTo(before.get(axis) - 1e-9);
                assertThat(row.get(axis)).isBetween(grid.minimum(axis), grid.maximum(axis));
            }
        }
        for (Axis axis : Axis.values()) {
            assertThat(rows.getFirst().target().get(axis)).isCloseTo(grid.minimum(axis), offset(1e-9));
            assertThat(rows.getLast().target().get(axis)).isCloseTo(grid.maximum(axis), offset(1e-9));
        }
    }

    @Test
    void isTheOptimumWhereLossesAddUp() {
        List<StaticSplit.Row> rows = find(
                GRID,
                action -> new StaticLoss.Measured(
                        additive(action.attnKeep(), action.mlpKeep(), action.actBits()), exactly(action)));

        assertIsATable(rows, GRID);
        for (StaticSplit.Row row : rows.subList(1, rows.size() - 1)) {
            Budget split = row.target();
            double found = additive(split.attn(), split.mlp(), split.bits());
            double best = Double.POSITIVE_INFINITY;
            for (double attn = .05; attn <= 1; attn += .01) {
                for (double bits = 4; bits <= 16; bits += .25) {
                    double mlp = 3 * split.net() - attn - bits / 16;
                    if (mlp >= .05 && mlp <= 1) {
                        best = Math.min(best, additive(attn, mlp, bits));
                    }
                }
            }
            double equal = additiveAt(Budget.ofNet(split.net(), GRID));
            // The curves are known at nine places only.
            assertThat(found).as("%s", split).isLessThan(best + .02);
            assertThat(found).isLessThanOrEqualTo(equal + 1e-9);
        }
        Budget middle = rows.get(rows.size() / 2).target();
        assertThat(middle.bits()).isBetween(5.9, 7.0);
        assertThat(middle.mlp()).isGreaterThan(middle.attn() + .2);
    }

    private static double additiveAt(Budget budget) {
        return additive(budget.attn(), budget.mlp(), budget.bits());
    }

    /** With the other axis dense nothing is lost; only together they hurt, and then equal shares are best. */
    @Test
    void isCheckedWhereTheyDoNot() {
        StaticLoss joint = action -> {
            double attn = 1 - action.attnKeep();
            double mlp = 1 - action.mlpKeep();
            double bits = 1 - action.actBits() / 16.0;
            double loss = .001 * (attn + .9 * mlp) + Math.pow(Math.max(Math.max(attn, mlp), bits), 4);
            return new StaticLoss.Measured(loss, exactly(action));
        };
        List<StaticSplit.Row> rows = find(GRID, joint);

        assertIsATable(rows, GRID);
        double found = 0;
        double equal = 0;
        for (StaticSplit.Row row : rows) {
            if (!Double.isNaN(row.nats())) {
                Budget same = Budget.ofNet(row.target().net(), GRID);
                found += row.nats();
                equal += joint.of(new Action(same.attn(), same.mlp(), (int) Math.floor(same.bits())))
                        .nats();
            }
        }
        assertThat(found).isLessThanOrEqualTo(equal + .02);
    }

    @Test
    void isInWhatIsRealised() {
        // At least .2 of the positions are attended whatever is asked for.
        StaticLoss loss = action -> {
            double attn = .2 + .8 * action.attnKeep();
            return new StaticLoss.Measured(
                    additive(attn, action.mlpKeep(), action.actBits()),
                    new Budget(attn, action.mlpKeep(), action.actBits()));
        };
        List<StaticSplit.Row> rows = find(GRID, loss);

        assertIsATable(rows, GRID);
        assertThat(rows.get(0).target().attn()).isEqualTo(.05); // can be asked for
        assertThat(rows.get(1).target().attn()).isCloseTo(.24, offset(1e-9)); // is what .05 gives
        assertThat(rows.get(0).nats()).isNaN();
        assertThat(rows.get(1).nats()).isFinite();
    }

    @Test
    void anAxisThatReachesNothing() {
        List<StaticSplit.Row> rows = find(
                GRID,
                action -> new StaticLoss.Measured(
                        additive(1, action.mlpKeep(), action.actBits()),
                        new Budget(1, action.mlpKeep(), action.actBits())));

        assertIsATable(rows, GRID);
        Budget middle = rows.get(rows.size() / 2).target();
        assertThat(middle.attn()).isLessThan(.3); // nothing is spent on it before all else has what it needs
    }

    @Test
    void coarseGrids() {
        ActionGrid grid = new ActionGrid(new double[] {.1, 1}, new double[] {.6, 1}, new int[] {5, 16});
        List<Action> measured = new ArrayList<>();
        AtomicInteger told = new AtomicInteger();
        List<StaticSplit.Row> rows = StaticSplit.find(
                grid,
                action -> {
                    measured.add(action);
                    return new StaticLoss.Measured(
                            additive(action.attnKeep(), action.mlpKeep(), action.actBits()), exactly(action));
                },
                (done, most) -> {
                    assertThat(done).isEqualTo(told.incrementAndGet()).isLessThanOrEqualTo(most);
                });

        assertIsATable(rows, grid);
        assertThat(measured).doesNotHaveDuplicates();
        assertThat(told).hasValue(measured.size());
        ActionGrid one = new ActionGrid(new double[] {.5}, new double[] {.5}, new int[] {8});
        assertThat(find(one, action -> new StaticLoss.Measured(1, exactly(action))))
                .containsExactly(new StaticSplit.Row(new Budget(.5, .5, 8), 1));
    }

    @Test
    void curves() {
        assertThat(AxisCurve.falling(new double[] {5, 3, 4, 1, 2})).containsExactly(5, 3.5, 3.5, 1.5, 1.5);

        AxisCurve curve = AxisCurve.of(
                new double[] {.1, .2, .3, .4, 1}, new double[] {.15, .2, .3, .4, 1}, new double[] {9, 8, 2, 1.9, 1});
        // The second point lies above the line from the first to the third.
        assertThat(curve.corners()).isEqualTo(3); // and so does the fourth
        assertThat(curve.x(1)).isEqualTo(.3);
        assertThat(curve.gain(0)).isCloseTo(7 / .15, offset(1e-9));
        assertThat(curve.gain(1)).isCloseTo(1 / .7, offset(1e-9));
        assertThat(curve.request(.15)).isEqualTo(.1);
        assertThat(curve.request(.175)).isCloseTo(.15, offset(1e-12));
        assertThat(curve.request(.01)).isEqualTo(.1);
        assertThat(curve.request(1)).isEqualTo(1);
    }

    @Test
    void theGreedyPathTakesTheGreatestGainFirst() {
        AxisCurve attn = AxisCurve.of(new double[] {.1, 1}, new double[] {.1, 1}, new double[] {1, .9});
        AxisCurve mlp = AxisCurve.of(new double[] {.2, .5, 1}, new double[] {.2, .5, 1}, new double[] {3, 1, .5});
        AxisCurve bits = AxisCurve.of(new double[] {.25, 1}, new double[] {.25, 1}, new double[] {.5, 0});
        SplitPath path = SplitPath.greedy(attn, mlp, bits);

        assertThat(path.lowest()).isCloseTo(.55 / 3, offset(1e-12));
        assertThat(path.at(.55 / 3)).containsExactly(.1, .2, .25);
        assertThat(path.at(.85 / 3)).containsExactly(new double[] {.1, .5, .25}, offset(1e-9));
        assertThat(path.at(1.35 / 3)).containsExactly(new double[] {.1, 1, .25}, offset(1e-9));
        assertThat(path.at(1.5 / 3)).containsExactly(new double[] {.1, 1, .4}, offset(1e-9));
        assertThat(path.at(2)).containsExactly(1, 1, 1);
    }
}
