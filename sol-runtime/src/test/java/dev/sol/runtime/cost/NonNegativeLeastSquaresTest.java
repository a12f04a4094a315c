package dev.sol.runtime.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class NonNegativeLeastSquaresTest {
    private static final RandomGenerator RANDOM =
            RandomGeneratorFactory.of("L64X128MixRandom").create(7);

    private static double[][] random(int rows, int columns) {
        double[][] a = new double[rows][columns];
        for (double[] row : a) {
            for (int j = 0; j < columns; j++) {
                row[j] = RANDOM.nextGaussian() * Math.pow(10, j); // columns of very different lengths
            }
        }
        return a;
    }

    private static double[] times(double[][] a, double[] x) {
        double[] b = new double[a.length];
        for (int i = 0; i < b.length; i++) {
            for (int j = 0; j < x.length; j++) {
                b[i] += a[i][j] * x[j];
            }
        }
        return b;
    }

    @Test
    void findsASolutionThatIsNotNegative() {
        double[] x = {3, 0, 0.5, 2, 0};
        double[][] a = random(30, x.length);

        assertThat(NonNegativeLeastSquares.solve(a, times(a, x))).containsExactly(x, within(1e-6));
    }

    /** The Karush-Kuhn-Tucker conditions, which hold of the solution and of nothing else. */
    @Test
    void noChangeThatIsAllowedMakesItBetter() {
        int active = 0;
        for (int trial = 0; trial < 200; trial++) {
            double[][] a = random(12, 5);
            double[] b = new double[12];
            for (int i = 0; i < b.length; i++) {
                b[i] = RANDOM.nextGaussian();
            }
            double[] x = NonNegativeLeastSquares.solve(a, b);
            double[] fitted = times(a, x);
            for (int j = 0; j < x.length; j++) {
                double slope = 0;
                double length = 0;
                for (int i = 0; i < b.length; i++) {
                    slope += a[i][j] * (b[i] - fitted[i]);
                    length = Math.hypot(length, a[i][j]);
                }
                assertThat(x[j]).isNotNegative();
                if (x[j] > 0) {
                    assertThat(slope / length).isCloseTo(0, within(1e-6));
                } else {
                    assertThat(slope / length).isLessThan(1e-6);
                    active++;
                }
            }
        }
        assertThat(active).isBetween(300, 700); // half of all signs
    }

    @Test
    void columnsOfZerosAndTwinsAreNoTrouble() {
        double[][] a = {{1, 0, 1}, {2, 0, 2}, {3, 0, 3}};
        double[] x = NonNegativeLeastSquares.solve(a, new double[] {2, 4, 6});

        assertThat(x[0] + x[2]).isCloseTo(2, within(1e-6));
        assertThat(x[1]).isZero();
        assertThat(NonNegativeLeastSquares.solve(a, new double[3])).containsOnly(0);
    }
}
