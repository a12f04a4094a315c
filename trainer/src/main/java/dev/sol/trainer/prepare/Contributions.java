package dev.sol.trainer.prepare;

import dev.sol.runtime.gguf.GgufFile;
import dev.sol.runtime.gguf.GgufTensor;
import java.util.Optional;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_MT_DDRM;
import org.jspecify.annotations.Nullable;

/**
 * What neurons are worth to tokens. A neuron's contribution to the MLP's output is act(gate)·(up · x)·down, its energy the squared
 * length of that, as a share of the token's. The score that chooses neurons while the model runs does not know up · x, and has
 * ‖up‖ in its place.
 */
final class Contributions {
    /** Neurons that are computed at once. */
    private static final int BLOCK = 512;

    private Contributions() {}

    /** Tokens spread evenly over {@code from} … {@code to} - 1, at most {@code count}. */
    static int[] spread(int from, int to, int count) {
        int n = Math.min(count, to - from);
        return IntStream.range(0, n)
                .map(i -> from + (int) ((long) i * (to - from) / n))
                .toArray();
    }

    /**
     * The energies of contributions.
     *
     * @param index of the layer in the records
     * @param tokens of the records
     * @param checkpoint called often; may throw to end the work
     * @return [neurons][tokens]; of each token they sum to 1, or are all 0
     */
    static float[][] energies(
            GgufFile model,
            GatedMlp mlp,
            Records records,
            int index,
            int[] tokens,
            Activation activation,
            Runnable checkpoint) {
        float[][] energy = new float[mlp.neurons()][tokens.length];
        activations(records, index, tokens, activation, energy);
        DMatrixRMaj inputs = inputs(records, index, tokens, mlp.inputs());
        Rows up = new Rows(mlp.up(), model.data(mlp.up()));
        double[] bias = bias(model, mlp);
        float[] norms = records.norms(index);
        double[] total = new double[tokens.length];
        for (int start = 0; start < energy.length; start += BLOCK) {
            checkpoint.run();
            DMatrixRMaj rows = new DMatrixRMaj(Math.min(BLOCK, energy.length - start), mlp.inputs());
            for (int i = 0; i < rows.getNumRows(); i++) {
                up.read(start + i, rows.data, i * mlp.inputs());
            }
            DMatrixRMaj products = new DMatrixRMaj(rows.getNumRows(), tokens.length);
            CommonOps_MT_DDRM.mult(rows, inputs, products);
            for (int i = 0; i < rows.getNumRows(); i++) {
                double down = norms[start + i] / Math.max(norm(rows, i), Float.MIN_NORMAL);
                for (int t = 0; t < tokens.length; t++) {
                    double product = products.data[i * tokens.length + t] + (bias == null ? 0 : bias[start + i]);
                    double contribution = energy[start + i][t] * product * down;
                    double squared = contribution * contribution;
                    energy[start + i][t] = (float) squared;
                    total[t] += squared;
                }
            }
        }
        normalise(energy, total);
        return energy;
    }

    /** act(gate): [neurons][tokens] */
    private static void activations(Records records, int index, int[] tokens, Activation activation, float[][] out) {
        float[] gate = new float[out.length];
        for (int t = 0; t < tokens.length; t++) {
            records.gate(index, tokens[t], gate);
            for (int neuron = 0; neuron < out.length; neuron++) {
                out[neuron][t] = activation.apply(gate[neuron]);
            }
        }
    }

    /** [inputs][tokens] */
    private static DMatrixRMaj inputs(Records records, int index, int[] tokens, int width) {
        DMatrixRMaj inputs = new DMatrixRMaj(width, tokens.length);
        float[] input = new float[width];
        for (int t = 0; t < tokens.length; t++) {
            records.input(index, tokens[t], input);
            for (int i = 0; i < width; i++) {
                inputs.data[i * tokens.length + t] = input[i];
            }
        }
        return inputs;
    }

    private static double @Nullable [] bias(GgufFile model, GatedMlp mlp) {
        Optional<GgufTensor> bias = mlp.biases().stream()
                .filter(tensor -> tensor.name().endsWith("ffn_up.bias"))
                .findFirst();
        if (bias.isEmpty()) {
            return null;
        }
        double[] values = new double[mlp.neurons()];
        new Rows(bias.get(), model.data(bias.get())).read(0, values, 0);
        return values;
    }

    private static double norm(DMatrixRMaj rows, int row) {
        double sum = 0;
        for (int i = row * rows.getNumCols(); i < (row + 1) * rows.getNumCols(); i++) {
            sum += rows.data[i] * rows.data[i];
        }
        return Math.sqrt(sum);
    }

    private static void normalise(float[][] energy, double[] total) {
        for (float[] ofNeuron : energy) {
            for (int t = 0; t < total.length; t++) {
                ofNeuron[t] = total[t] > 0 ? (float) (ofNeuron[t] / total[t]) : 0;
            }
        }
    }

    /**
     * The squares of one token's scores, by which units are chosen: |act(gate)|·‖up‖·‖down‖.
     *
     * @param gate [neurons], exact or predicted
     * @param norms [neurons] ‖up‖·‖down‖
     * @param out [neurons]
     */
    static void scores(float[] gate, float[] norms, Activation activation, double[] out) {
        for (int i = 0; i < out.length; i++) {
            double score = activation.apply(gate[i]) * (double) norms[i];
            out[i] = score * score;
        }
    }
}
