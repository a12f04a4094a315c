package dev.sol.trainer.eval;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.Policies;
import dev.sol.policy.learned.Grids;
import java.util.ArrayList;
import java.util.List;

/**
 * What a policy is compared with, at equal realised means: what anybody can have without it.
 *
 * <ul>
 *   <li>{@code random}: the policy's own actions, as often, at random steps ({@link ShuffledActions})
 *   <li>{@code random-mix}: two values per axis of the policy's grid, in random order ({@link TwoValueSchedules})
 *   <li>{@code fixed}, {@code fixed-2l}, {@code fixed-3l}: two values per axis in turn, of the policy's grid and of the paper's coarse
 *       ones ({@link FixedMix})
 *   <li>{@code uniform}: the default of serving, every token the same, on the fine grid
 * </ul>
 */
final class Baselines {
    private Baselines() {}

    /**
     * @param policy what it did
     * @param windows the number of them
     * @param steps effective steps of each, at least 1
     * @param seed of the random ones
     */
    static List<Baseline> of(Measured policy, int windows, int steps, long seed) {
        ActionGrid own = policy.grid();
        ActionGrid fine = ActionGrid.defaultGrid();
        Budget aim = policy.chosen(); // used a little more than chosen, as theirs will
        List<Baseline> all = new ArrayList<>();
        ShuffledActions shuffled = new ShuffledActions(own, policy.actions(), windows, steps, seed);
        all.add(new Baseline("random", own, shuffled.mean(), target -> shuffled.spender("random", target)));
        TwoValueSchedules mix = new TwoValueSchedules(own, windows, steps, seed);
        all.add(new Baseline("random-mix", own, aim, target -> mix.spender("random-mix", target)));
        all.add(fixed("fixed", own, windows, aim));
        if (!own.equals(Grids.PAPER_2L)) {
            all.add(fixed("fixed-2l", Grids.PAPER_2L, windows, aim));
        }
        if (!own.equals(Grids.PAPER_3L)) {
            all.add(fixed("fixed-3l", Grids.PAPER_3L, windows, aim));
        }
        all.add(new Baseline(
                "uniform", fine, policy.realised(), target -> Spender.of(Policies.byName("uniform"), target)));
        return all;
    }

    private static Baseline fixed(String name, ActionGrid grid, int windows, Budget aim) {
        return new Baseline(name, grid, aim, target -> FixedMix.spender(name, grid, windows, target));
    }
}
