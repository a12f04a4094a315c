package dev.sol.trainer.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.NormOps_DDRM;
import org.ejml.dense.row.RandomMatrices_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReducedRankTest {
    private static final int INPUTS = 48;
    private static final int OUTPUTS = 90;
    private static final Random RANDOM = new Random(3);

    private static DMatrixRMaj random(int rows, int columns) {
        return RandomMatrices_DDRM.rectangle(rows, columns, -1, 1, RANDOM);
    }

    private static DMatrixRMaj product(DMatrixRMaj a, DMatrixRMaj b) {
        return CommonOps_DDRM.mult(a, b, null);
    }

    private static DMatrixRMaj transposed(DMatrixRMaj a) {
        return CommonOps_DDRM.transpose(a, null);
    }

    /** A: covariance AAᵀ, some directions of little variance. */
    private static DMatrixRMaj mixing() {
        DMatrixRMaj a = random(INPUTS, INPUTS);
        for (int i = 0; i < INPUTS; i++) {
            for (int j = 0; j < INPUTS; j++) {
                a.set(i, j, a.get(i, j) * Math.exp(-.1 * j));
            }
        }
        return a;
    }

    private static DMatrixRMaj norms() {
        DMatrixRMaj d = new DMatrixRMaj(OUTPUTS, OUTPUTS);
        for (int i = 0; i < OUTPUTS; i++) {
            d.set(i, i, .5 + RANDOM.nextDouble());
        }
        return d;
    }

    private static DMatrixRMaj approximation(DMatrixRMaj w, DMatrixRMaj a, DMatrixRMaj d, int rank) {
        DMatrixRMaj dw = product(d, w);
        ReducedRank.Factors factors =
                ReducedRank.of(product(a, transposed(a)), product(transposed(dw), dw), rank, 1, () -> {});
        assertThat(factors.inner().getNumRows()).isEqualTo(rank);
        return product(product(w, factors.basis()), factors.inner());
    }

    /** ‖D(W − M)A‖: the root of the expected squared error. */
    private static double error(DMatrixRMaj w, DMatrixRMaj m, DMatrixRMaj a, DMatrixRMaj d) {
        return NormOps_DDRM.normF(product(product(d, CommonOps_DDRM.subtract(w, m, null)), a));
    }

    @Test
    void aMatrixOfLowRankIsFound() {
        DMatrixRMaj w = product(random(OUTPUTS, 8), random(8, INPUTS));
        DMatrixRMaj found = approximation(w, mixing(), norms(), 8);
        // The ridge does not shift what has the rank.
        assertThat(NormOps_DDRM.normF(CommonOps_DDRM.subtract(found, w, null)) / NormOps_DDRM.normF(w))
                .isLessThan(1e-8);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 16, 47, 48})
    void theErrorIsTheLeastThereCanBe(int rank) {
        DMatrixRMaj w = random(OUTPUTS, INPUTS);
        DMatrixRMaj a = mixing();
        DMatrixRMaj d = norms();
        SingularValueDecomposition_F64<DMatrixRMaj> svd =
                DecompositionFactory_DDRM.svd(OUTPUTS, INPUTS, false, false, true);
        svd.decompose(product(product(d, w), a));
        double[] values = Arrays.stream(svd.getSingularValues())
                .sorted()
                .limit(INPUTS - rank)
                .toArray();
        double least = Math.sqrt(Arrays.stream(values).map(v -> v * v).sum());

        double whole = NormOps_DDRM.normF(product(product(d, w), a));
        assertThat(error(w, approximation(w, a, d, rank), a, d)).isCloseTo(least, within(1e-3 * whole));
    }

    @Test
    void innerStatesHaveVarianceOne() {
        DMatrixRMaj w = random(OUTPUTS, INPUTS);
        DMatrixRMaj a = mixing();
        DMatrixRMaj covariance = product(a, transposed(a));
        DMatrixRMaj inner = ReducedRank.of(covariance.copy(), product(transposed(w), w), 8, 1, () -> {})
                .inner();
        DMatrixRMaj states = product(product(inner, covariance), transposed(inner));
        for (int i = 0; i < 8; i++) {
            for (int j = 0; j < 8; j++) {
                assertThat(states.get(i, j)).isCloseTo(i == j ? 1 : 0, within(.01));
            }
        }
    }

    @Test
    void inputsThatAreNothing() {
        DMatrixRMaj zero = new DMatrixRMaj(INPUTS, INPUTS);
        assertThatThrownBy(() -> ReducedRank.of(zero, zero.copy(), 4, 1, () -> {}))
                .isInstanceOf(ArithmeticException.class)
                .hasMessageContaining("covariance");
    }
}
