package dev.sol.trainer.prepare;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.CommonOps_MT_DDRM;
import org.ejml.dense.row.RandomMatrices_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.CholeskyDecomposition_F64;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;
import org.ejml.interfaces.decomposition.QRDecomposition;

/**
 * The best approximation of a matrix by one of low rank, for inputs of known covariance: the U, V of rank r that minimise
 * E‖D(W − UV)x‖² (reduced-rank regression; Izenman 1975).
 *
 * <p>With C = E xxᵀ = LLᵀ it is ‖DWL − DUVL‖ that is to be small, whose best approximation of rank r is DWL·vvᵀ, v the r right singular
 * vectors with the largest singular values. So U = WLv, V = vᵀL⁻¹. The v are the first eigenvectors of Lᵀ(WᵀD²W)L, found by
 * subspace iteration. The inner states Vx then have variance 1 each and are uncorrelated, which quantises well.
 */
final class ReducedRank {
    /** Vectors beyond the rank, which speed up the convergence of the last ones. */
    private static final int EXTRA = 16;

    private static final int ITERATIONS = 12;

    /** Of the mean variance: added to each input's, so that directions that the calibration did not see are not blown up. */
    private static final double RIDGE = 1e-4;

    private ReducedRank() {}

    /**
     * The inner matrix and what takes W to the outer one.
     *
     * @param inner V: [rank][inputs]
     * @param basis Lv: [inputs][rank]; U = W · basis
     */
    record Factors(DMatrixRMaj inner, DMatrixRMaj basis) {}

    /**
     * Finds the factors.
     *
     * @param covariance C: [inputs][inputs]; overwritten
     * @param weighted WᵀD²W: [inputs][inputs]
     * @throws ArithmeticException if the covariance is not that of any inputs
     */
    static Factors of(DMatrixRMaj covariance, DMatrixRMaj weighted, int rank, long seed, Runnable checkpoint) {
        int n = covariance.getNumRows();
        double ridge = RIDGE * CommonOps_DDRM.trace(covariance) / n;
        for (int i = 0; i < n; i++) {
            covariance.add(i, i, ridge);
        }
        CholeskyDecomposition_F64<DMatrixRMaj> cholesky = DecompositionFactory_DDRM.chol(n, true);
        if (!(ridge > 0) || !cholesky.decompose(covariance)) {
            throw new ArithmeticException("the calibration's inputs have no proper covariance");
        }
        DMatrixRMaj l = cholesky.getT(null);
        DMatrixRMaj v = eigenvectors(l, weighted, rank, seed, checkpoint);

        DMatrixRMaj basis = new DMatrixRMaj(n, rank);
        CommonOps_MT_DDRM.mult(l, v, basis);
        return new Factors(CommonOps_DDRM.transpose(solveTransposed(l, v), null), basis);
    }

    /** The first eigenvectors of LᵀAL: [n][rank]. */
    private static DMatrixRMaj eigenvectors(DMatrixRMaj l, DMatrixRMaj a, int rank, long seed, Runnable checkpoint) {
        int n = l.getNumRows();
        int columns = Math.min(n, rank + EXTRA);
        DMatrixRMaj q = RandomMatrices_DDRM.rectangle(n, columns, -1, 1, new Random(seed));
        DMatrixRMaj y = new DMatrixRMaj(n, columns);
        orthonormalise(q);
        for (int i = 0; i < ITERATIONS; i++) {
            checkpoint.run();
            multiply(l, a, q, y);
            orthonormalise(y);
            q.setTo(y);
        }
        checkpoint.run();
        // Within the subspace the eigenvectors are those of a small matrix.
        multiply(l, a, q, y);
        DMatrixRMaj small = new DMatrixRMaj(columns, columns);
        CommonOps_MT_DDRM.multTransA(q, y, small);
        DMatrixRMaj rotation = largest(small, rank);
        DMatrixRMaj v = new DMatrixRMaj(n, rank);
        CommonOps_MT_DDRM.mult(q, rotation, v);
        return v;
    }

    /** y = Lᵀ A L q */
    private static void multiply(DMatrixRMaj l, DMatrixRMaj a, DMatrixRMaj q, DMatrixRMaj y) {
        DMatrixRMaj lq = new DMatrixRMaj(q.getNumRows(), q.getNumCols());
        DMatrixRMaj alq = new DMatrixRMaj(q.getNumRows(), q.getNumCols());
        CommonOps_MT_DDRM.mult(l, q, lq);
        CommonOps_MT_DDRM.mult(a, lq, alq);
        CommonOps_MT_DDRM.multTransA(l, alq, y);
    }

    private static void orthonormalise(DMatrixRMaj columns) {
        QRDecomposition<DMatrixRMaj> qr = DecompositionFactory_DDRM.qr(columns.getNumRows(), columns.getNumCols());
        qr.decompose(columns.copy());
        qr.getQ(columns, true);
    }

    /** The eigenvectors of a symmetric matrix with the largest eigenvalues, the largest first: [n][count]. */
    private static DMatrixRMaj largest(DMatrixRMaj symmetric, int count) {
        int n = symmetric.getNumRows();
        EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(n, true, true);
        eigen.decompose(symmetric.copy());
        Integer[] byValue = new Integer[n];
        for (int i = 0; i < n; i++) {
            byValue[i] = i;
        }
        Arrays.sort(
                byValue,
                Comparator.<Integer>comparingDouble(i -> -eigen.getEigenvalue(i).getReal()));
        DMatrixRMaj vectors = new DMatrixRMaj(n, count);
        for (int i = 0; i < count; i++) {
            CommonOps_DDRM.insert(eigen.getEigenVector(byValue[i]), vectors, 0, i);
        }
        return vectors;
    }

    /** L⁻ᵀ v, by substitution from the last row. */
    private static DMatrixRMaj solveTransposed(DMatrixRMaj l, DMatrixRMaj v) {
        int n = l.getNumRows();
        int columns = v.getNumCols();
        DMatrixRMaj x = v.copy();
        for (int i = n - 1; i >= 0; i--) {
            double diagonal = l.get(i, i);
            for (int c = 0; c < columns; c++) {
                x.data[i * columns + c] /= diagonal;
            }
            // Row i of the solution leaves the rows above, by row i of L.
            for (int k = 0; k < i; k++) {
                double factor = l.data[i * n + k];
                for (int c = 0; c < columns; c++) {
                    x.data[k * columns + c] -= factor * x.data[i * columns + c];
                }
            }
        }
        return x;
    }
}
