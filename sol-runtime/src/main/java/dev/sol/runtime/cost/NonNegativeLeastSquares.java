package dev.sol.runtime.cost;

import java.util.Arrays;

/**
 * min ‖A·x − b‖₂ with x ≥ 0, by the active-set method of Lawson and Hanson (Solving Least Squares Problems, 1974, chapter 23), for
 * a handful of unknowns. Columns that depend on each other share their coefficient in some way; a column of zeros gets 0.
 */
final class NonNegativeLeastSquares {
    private static final double TOLERANCE = 1e-10; // of columns of length 1
    private static final double RIDGE = 1e-12; // keeps dependent columns solvable

    private final double[][] gram; // AᵀA of scaled columns
    private final double[] right; // Aᵀb
    private final double[] x;
    private final boolean[] free;

    private NonNegativeLeastSquares(double[][] gram, double[] right) {
        this.gram = gram;
        this.right = right;
        this.x = new double[right.length];
        this.free = new boolean[right.length];
    }

    /**
     * Solves the problem.
     *
     * @param rows A, row by row
     * @param b as many as there are rows
     */
    static double[] solve(double[][] rows, double[] b) {
        int n = rows[0].length;
        double[] scale = new double[n];
        for (double[] row : rows) {
            for (int j = 0; j < n; j++) {
                scale[j] = Math.hypot(scale[j], row[j]);
            }
        }
        double[][] gram = new double[n][n];
        double[] right = new double[n];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < n; j++) {
                double a = scaled(rows[i][j], scale[j]);
                right[j] += a * b[i];
                for (int k = 0; k < n; k++) {
                    gram[j][k] += a * scaled(rows[i][k], scale[k]);
                }
            }
        }
        double[] x = new NonNegativeLeastSquares(gram, right).solve();
        for (int j = 0; j < n; j++) {
            x[j] = scaled(x[j], scale[j]);
        }
        return x;
    }

    private static double scaled(double value, double scale) {
        return scale == 0 ? 0 : value / scale;
    }

    private double[] solve() {
        double tolerance = TOLERANCE * Arrays.stream(right).map(Math::abs).max().orElse(0);
        // Each unknown enters a few times at most; the bound only keeps rounding from going round in circles.
        for (int i = 0; i < 10 * x.length; i++) {
            int next = steepest(tolerance);
            if (next < 0) {
                break;
            }
            free[next] = true;
            for (double[] candidate = unconstrained(); !accept(candidate); ) {
                candidate = unconstrained();
            }
        }
        return x;
    }

    /** The unknown at 0 whose growth reduces the error most; -1 if none does. */
    private int steepest(double tolerance) {
        int best = -1;
        double most = tolerance;
        for (int j = 0; j < x.length; j++) {
            double slope = right[j];
            for (int k = 0; k < x.length; k++) {
                slope -= gram[j][k] * x[k];
            }
            if (!free[j] && slope > most) {
                most = slope;
                best = j;
            }
        }
        return best;
    }

    /** Goes towards the candidate as far as nothing becomes negative; whether that was all the way. */
    private boolean accept(double[] candidate) {
        double step = 1;
        for (int j = 0; j < x.length; j++) {
            if (free[j] && candidate[j] <= 0) {
                step = Math.min(step, x[j] / (x[j] - candidate[j]));
            }
        }
        boolean whole = true;
        for (int j = 0; j < x.length; j++) {
            if (free[j]) {
                boolean blocks = candidate[j] <= 0;
                x[j] += step * (candidate[j] - x[j]);
                if (blocks && x[j] <= TOLERANCE) {
                    x[j] = 0;
                    free[j] = false;
                }
                whole &= !blocks;
            }
        }
        return whole;
    }

    /** The solution over the free unknowns alone, by Gaussian elimination; the others are 0. */
    private double[] unconstrained() {
        int[] index = new int[x.length];
        int n = 0;
        for (int j = 0; j < x.length; j++) {
            if (free[j]) {
                index[n++] = j;
            }
        }
        double[][] a = new double[n][n + 1];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                a[i][j] = gram[index[i]][index[j]];
            }
            a[i][i] += RIDGE;
            a[i][n] = right[index[i]];
        }
        eliminate(a, n);
        double[] solution = new double[x.length];
        for (int i = n - 1; i >= 0; i--) {
            double value = a[i][n];
            for (int j = i + 1; j < n; j++) {
                value -= a[i][j] * solution[index[j]];
            }
            solution[index[i]] = value / a[i][i];
        }
        return solution;
    }

    /** Without pivoting: the matrix is positive definite. */
    private static void eliminate(double[][] a, int n) {
        for (int pivot = 0; pivot < n; pivot++) {
            for (int i = pivot + 1; i < n; i++) {
                double factor = a[i][pivot] / a[pivot][pivot];
                for (int j = pivot; j <= n; j++) {
                    a[i][j] -= factor * a[pivot][j];
                }
            }
        }
    }
}
