package dev.sol.trainer.eval;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.Policies;
import dev.sol.policy.learned.Grids;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a policy is compared with, at equal realised means: what anybody can have without it.
 *
 * <ul>
 *   <li>{@code random}: the policy's own actions, as often, at random steps ({@link ShuffledActions})
 *   <li>{@code random-mix}: two values per axis of the policy's grid, in random order ({@link TwoValueSchedules})
 *   <li>{@code fixed}, {@code fixed-2l}, {@code fixed-3l}: two values per axis in turn, of the policy's grid and of the paper's coarse
 *       ones ({@link FixedMix})
 *   <li>{@code static}: the best static split of the same net, found on other text ({@link StaticMix})
 *   <li>{@code uniform}: the default of serving, every token the same, on the fine grid
 *   <li>{@code entropy}, {@code drift}: more where the previous step was unsure, or the hidden state moved
 *   <li>{@code best-of-500}, {@code best-of-30}: the luckiest of so many {@code random-mix}, in hindsight ({@link RandomSearch})
 *   <li>{@code quantised}: the same model with fewer bits in its weights, dense ({@link QuantisedModels})
 * </ul>
 */
final class Baselines {
    static final String RANDOM_MIX = "random-mix";
    static final String STATIC = StaticMix.NAME;
    static final String QUANTISED = "quantised";

    /** In the order of tables. */
    static final Set<String> NAMES = ordered(List.of(
            "random",
            RANDOM_MIX,
            "fixed",
            "fixed-2l",
            "fixed-3l",
            STATIC,
            "uniform",
            "entropy",
            "drift",
            RandomSearch.FEW.name(),
            RandomSearch.MANY.name(),
            QUANTISED));

    private Baselines() {}

    private static Set<String> ordered(List<String> names) {
        return java.util.Collections.unmodifiableSet(new LinkedHashSet<>(names));
    }

    /**
     * Those that are matched by adjusting their targets.
     *
     * @param wanted names of them; others are ignored
     * @param policy what it did
     * @param steps [windows] effective steps of each
     * @param split null: without {@code static}
     * @param seed of the random ones
     */
    static List<Baseline> of(Set<String> wanted, Measured policy, int[] steps, @Nullable StaticPath split, long seed) {
        ActionGrid own = policy.grid();
        ActionGrid fine = ActionGrid.defaultGrid();
        int windows = steps.length;
        Budget aim = policy.chosen(); // used a little more than chosen, as theirs will
        List<Baseline> all = new ArrayList<>();
        ShuffledActions shuffled = new ShuffledActions(own, policy.actions(), steps, seed);
        all.add(new Baseline("random", own, shuffled.mean(), target -> shuffled.spender("random", target)));
        TwoValueSchedules mix = new TwoValueSchedules(own, steps, seed);
        all.add(new Baseline(RANDOM_MIX, own, aim, target -> mix.spender(RANDOM_MIX, target)));
        all.add(fixed("fixed", own, windows, aim));
        if (!own.equals(Grids.PAPER_2L)) {
            all.add(fixed("fixed-2l", Grids.PAPER_2L, windows, aim));
        }
        if (!own.equals(Grids.PAPER_3L)) {
            all.add(fixed("fixed-3l", Grids.PAPER_3L, windows, aim));
        }
        if (split != null) {
            all.add(new Baseline(STATIC, fine, policy.realised(), target -> StaticMix.spender(windows, target), split));
        }
        for (String name : List.of("uniform", "entropy", "drift")) {
            all.add(new Baseline(name, fine, policy.realised(), target -> Spender.of(Policies.byName(name), target)));
        }
        all.removeIf(baseline -> !wanted.contains(baseline.name()));
        return all;
    }

    private static Baseline fixed(String name, ActionGrid grid, int windows, Budget aim) {
        return new Baseline(name, grid, aim, target -> FixedMix.spender(name, grid, windows, target));
    }
}
