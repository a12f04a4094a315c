package dev.sol.trainer.prepare;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of one layer, and what that is worth on tokens that were held out.
 */
final class LayerPlan {
    private final GatedMlp mlp;
    private final int[] order;
    private final @Nullable GatePredictor predictor;
    private final Map<Measure, Double> kept;

    LayerPlan(GatedMlp mlp, int[] order, @Nullable GatePredictor predictor, Map<Measure, Double> kept) {
        this.mlp = mlp;
        this.order = order;
        this.predictor = predictor;
        this.kept = kept;
    }

    GatedMlp mlp() {
        return mlp;
    }

    /** [neurons] The neuron at each position. */
    int[] order() {
        return order;
    }

    /** Null: none was asked for. */
    @Nullable GatePredictor predictor() {
        return predictor;
    }

    /** Mean shares of the energy. */
    Map<Measure, Double> kept() {
        return kept;
    }

    /** What chooses units. */
    enum Choice {
        /** Neighbours as they were, by their gates. */
        BEFORE("before"),
        /** Neighbours in the new order, by their gates. */
        ORDERED("after"),
        /** The same by predicted gates. */
        PREDICTED("predicted gate");

        private final String label;

        Choice(String label) {
            this.label = label;
        }

        /** For tables. */
        String label() {
            return label;
        }
    }

    /**
     * What is measured.
     *
     * @param group neurons in a unit
     * @param share of the units that is kept
     */
    record Measure(Choice choice, int group, double share) {}
}
