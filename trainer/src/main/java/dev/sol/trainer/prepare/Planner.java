package dev.sol.trainer.prepare;

import dev.sol.runtime.gguf.GgufFile;
import dev.sol.trainer.prepare.LayerPlan.Choice;
import dev.sol.trainer.prepare.LayerPlan.Measure;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Makes the plan of a layer from its records. The last tokens are held out, to tell what the plan is worth.
 *
 * @param activation of the model's MLPs
 * @param fitted tokens that plans are made from; the others are held out
 * @param group neurons in a unit of the order; 0: they stay as they are
 * @param rank of predictors; 0: none
 */
record Planner(GgufFile model, Records records, Activation activation, int fitted, int group, int rank, long seed) {
    /** Floats of energies that a search holds; more tokens than fit are thinned out. */
    private static final int ENERGIES = 1 << 25;

    /** Held-out tokens that are enough for a report. */
    private static final int REPORTED = 2048;

    private static final int[] GROUPS = {1, NeuronOrder.SMALL, NeuronOrder.LARGE};

    /**
     * Makes the plan.
     *
     * @param index of the layer in the records
     * @param checkpoint called often; may throw to end the work
     */
    LayerPlan plan(GatedMlp mlp, int index, Runnable checkpoint) {
        int[] order = group > 0 ? order(mlp, index, checkpoint) : identity(mlp.neurons());
        GatePredictor predictor = rank > 0 && !mlp.hasGateBias()
                ? GatePredictor.fit(model, mlp, records, index, fitted, rank, seed + index, checkpoint)
                : null;
        return new LayerPlan(mlp, order, predictor, measure(mlp, index, order, predictor, checkpoint));
    }

    private int[] order(GatedMlp mlp, int index, Runnable checkpoint) {
        return NeuronOrder.search(energies(mlp, index, 0, fitted, checkpoint), group, seed + index, checkpoint);
    }

    private float[][] energies(GatedMlp mlp, int index, int from, int to, Runnable checkpoint) {
        return Contributions.energies(model, mlp, records, index, tokens(mlp, from, to), activation, checkpoint);
    }

    private static int[] tokens(GatedMlp mlp, int from, int to) {
        return Contributions.spread(from, to, Math.max(1, ENERGIES / mlp.neurons()));
    }

    private static int[] identity(int n) {
        return IntStream.range(0, n).toArray();
    }

    private Map<Measure, Double> measure(
            GatedMlp mlp, int index, int[] order, @Nullable GatePredictor predictor, Runnable checkpoint) {
        int last = Math.min(records.tokens(), fitted + REPORTED);
        int[] tokens = tokens(mlp, fitted, last);
        float[][] energies = energies(mlp, index, fitted, last, checkpoint);
        GatePredictor.@Nullable Prediction prediction = predictor == null ? null : predictor.prediction();
        int[] before = identity(mlp.neurons());
        float[] input = new float[mlp.inputs()];
        float[] gate = new float[mlp.neurons()];
        float[] energy = new float[gate.length];
        double[] scores = new double[gate.length];
        Map<Measure, Double> kept = new LinkedHashMap<>();
        for (int t = 0; t < tokens.length; t++) {
            checkpoint.run();
            for (int neuron = 0; neuron < energy.length; neuron++) {
                energy[neuron] = energies[neuron][t];
            }
            records.gate(index, tokens[t], gate);
            Contributions.scores(gate, records.norms(index), activation, scores);
            add(kept, Choice.BEFORE, energy, scores, before, tokens.length);
            add(kept, Choice.ORDERED, energy, scores, order, tokens.length);
            if (prediction != null) {
                records.input(index, tokens[t], input);
                prediction.predict(input, gate);
                Contributions.scores(gate, records.norms(index), activation, scores);
                add(kept, Choice.PREDICTED, energy, scores, order, tokens.length);
            }
        }
        return kept;
    }

    private static void add(
            Map<Measure, Double> kept, Choice choice, float[] energy, double[] scores, int[] order, int tokens) {
        for (int size : GROUPS) {
            if (order.length % size == 0) {
                for (double share : GroupSearch.SHARES) {
                    double value = Kept.of(energy, scores, order, size, share) / tokens;
                    kept.merge(new Measure(choice, size, share), value, Double::sum);
                }
            }
        }
    }
}
