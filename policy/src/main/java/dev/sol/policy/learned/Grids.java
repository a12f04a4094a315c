package dev.sol.policy.learned;

import dev.sol.policy.ActionGrid;
import java.util.Arrays;

/**
 * The paper's action grids; our own policies use {@link ActionGrid#defaultGrid()}.
 *
 * <p>Source: Akhauri &amp; Abdelfattah, "Compute Where it Counts" (arXiv 2605.10875).
 */
public final class Grids {
    /** Two values per axis: κ {.1, 1}, ρ {.6, 1}, b {5, 16}. */
    public static final ActionGrid PAPER_2L =
            new ActionGrid(new double[] {.1, 1}, new double[] {.6, 1}, new int[] {5, 16});

    /** Three values per axis: κ {.1, .6, 1}, ρ {.4, .8, 1}, b {5, 7, 16}. */
    public static final ActionGrid PAPER_3L =
            new ActionGrid(new double[] {.1, .6, 1}, new double[] {.4, .8, 1}, new int[] {5, 7, 16});

    /** κ from .1 to 1 by .1, ρ from .4 to 1 by .05, b from 5 to 16: 1,560 actions. */
    public static final ActionGrid PAPER_FULL = new ActionGrid(range(1, 10, 10), range(8, 20, 20), bits(5, 16));

    private Grids() {}

    // A division, not a sum of steps: each value is then the double that its decimal literal denotes.
    private static double[] range(int first, int last, double divisor) {
        double[] values = new double[last - first + 1];
        Arrays.setAll(values, i -> (first + i) / divisor);
        return values;
    }

    private static int[] bits(int first, int last) {
        int[] values = new int[last - first + 1];
        Arrays.setAll(values, i -> first + i);
        return values;
    }
}
