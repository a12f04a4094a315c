package dev.sol.trainer.prepare;

import dev.sol.runtime.gguf.GgufFile;
import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_MT_DDRM;

/**
 * What predicts the gates of one layer: gate ≈ outer · (inner · x), as Q8_0.
 */
final class GatePredictor {
    /** Rows of the gate, or tokens, that are held as doubles at once. */
    private static final int BLOCK = 512;

    private final int rank;
    private final byte[][] inner;
    private final byte[][] outer;

    private GatePredictor(int rank, byte[][] inner, byte[][] outer) {
        this.rank = rank;
        this.inner = inner;
        this.outer = outer;
    }

    /** A multiple of 32. */
    int rank() {
        return rank;
    }

    /** [rank] rows of as many elements as the input has, as Q8_0. */
    byte[][] inner() {
        return inner;
    }

    /** [neurons] rows of {@link #rank} elements, as Q8_0, in the neurons' original order. */
    byte[][] outer() {
        return outer;
    }

    /** An eighth of the width, as whole blocks of Q8_0. */
    static int defaultRank(int embedding) {
        return Math.min(embedding, Math.ceilDiv(embedding / 8, Q8.BLOCK) * Q8.BLOCK);
    }

    /**
     * Fits a predictor to a layer's gate, its neurons weighed by their norms.
     *
     * @param tokens the first ones of the records are used
     * @param checkpoint called often; may throw to end the fit
     */
    static GatePredictor fit(
            GgufFile model,
            GatedMlp mlp,
            Records records,
            int index,
            int tokens,
            int rank,
            long seed,
            Runnable checkpoint) {
        DMatrixRMaj covariance = covariance(records, index, tokens, mlp.inputs(), checkpoint);
        Rows gate = new Rows(mlp.gate(), model.data(mlp.gate()));
        float[] norms = records.norms(index);
        DMatrixRMaj weighted = new DMatrixRMaj(mlp.inputs(), mlp.inputs());
        for (int start = 0; start < mlp.neurons(); start += BLOCK) {
            checkpoint.run();
            DMatrixRMaj rows = block(gate, start, Math.min(BLOCK, mlp.neurons() - start), mlp.inputs());
            for (int i = 0; i < rows.getNumRows(); i++) {
                for (int c = 0; c < rows.getNumCols(); c++) {
                    rows.data[i * rows.getNumCols() + c] *= norms[start + i];
                }
            }
            CommonOps_MT_DDRM.multAddTransA(rows, rows, weighted);
        }
        ReducedRank.Factors factors = ReducedRank.of(covariance, weighted, rank, seed, checkpoint);
        return new GatePredictor(rank, quantise(factors.inner()), outer(gate, mlp, factors.basis(), checkpoint));
    }

    /** E xxᵀ */
    private static DMatrixRMaj covariance(Records records, int index, int tokens, int inputs, Runnable checkpoint) {
        DMatrixRMaj sum = new DMatrixRMaj(inputs, inputs);
        float[] input = new float[inputs];
        for (int start = 0; start < tokens; start += BLOCK) {
            checkpoint.run();
            DMatrixRMaj block = new DMatrixRMaj(Math.min(BLOCK, tokens - start), inputs);
            for (int i = 0; i < block.getNumRows(); i++) {
                records.input(index, start + i, input);
                for (int c = 0; c < inputs; c++) {
                    block.data[i * inputs + c] = input[c];
                }
            }
            CommonOps_MT_DDRM.multAddTransA(1.0 / tokens, block, block, sum);
        }
        return sum;
    }

    private static byte[][] outer(Rows gate, GatedMlp mlp, DMatrixRMaj basis, Runnable checkpoint) {
        byte[][] outer = new byte[mlp.neurons()][];
        for (int start = 0; start < outer.length; start += BLOCK) {
            checkpoint.run();
            DMatrixRMaj rows = block(gate, start, Math.min(BLOCK, outer.length - start), mlp.inputs());
            DMatrixRMaj product = new DMatrixRMaj(rows.getNumRows(), basis.getNumCols());
            CommonOps_MT_DDRM.mult(rows, basis, product);
            System.arraycopy(quantise(product), 0, outer, start, rows.getNumRows());
        }
        return outer;
    }

    private static DMatrixRMaj block(Rows rows, int start, int count, int columns) {
        DMatrixRMaj block = new DMatrixRMaj(count, columns);
        for (int i = 0; i < count; i++) {
            rows.read(start + i, block.data, i * columns);
        }
        return block;
    }

    private static byte[][] quantise(DMatrixRMaj matrix) {
        byte[][] rows = new byte[matrix.getNumRows()][];
        float[] row = new float[matrix.getNumCols()];
        for (int i = 0; i < rows.length; i++) {
            for (int c = 0; c < row.length; c++) {
                row[c] = (float) matrix.data[i * row.length + c];
            }
            rows[i] = Q8.quantise(row);
        }
        return rows;
    }

    /** Predicts gates in plain code, for reports. Not for use by several threads. */
    final class Prediction {
        private final float[][] in = restore(inner);
        private final float[][] out = restore(outer);
        private final float[] state = new float[rank];

        /**
         * Predicts the gates of a token.
         *
         * @param input of the MLP
         * @param gate [neurons] in their original order
         */
        void predict(float[] input, float[] gate) {
            multiply(in, input, state);
            multiply(out, state, gate);
        }

        private static float[][] restore(byte[][] rows) {
            return Arrays.stream(rows).map(Q8::restore).toArray(float[][]::new);
        }

        private static void multiply(float[][] matrix, float[] x, float[] y) {
            for (int i = 0; i < y.length; i++) {
                double sum = 0;
                float[] row = matrix[i];
                for (int c = 0; c < x.length; c++) {
                    sum += row[c] * x[c];
                }
                y[i] = (float) sum;
            }
        }
    }

    /** For {@link Prediction#predict}. */
    Prediction prediction() {
        return new Prediction();
    }
}
