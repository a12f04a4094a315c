package dev.sol.runtime.bench;

import dev.sol.runtime.bench.Statistics.Spread;
import dev.sol.runtime.cost.CostModel;
import java.util.List;
import java.util.Optional;

/**
 * How well the cost model, calibrated as when a model is loaded, predicts the steps that were measured.
 *
 * @param predicted ms, the mean over the cases
 * @param measured the same of our steps
 * @param error |predicted − measured| ÷ measured, over the cases
 * @param cases how many there are
 */
record CostRow(double predicted, double measured, Spread error, int cases) {
    static final String NAME = "cost";

    /**
     * Compares.
     *
     * @param rows those of steps with exact gates count: of them the model knows
     * @return empty if there is none
     */
    static Optional<CostRow> of(CostModel model, List<Row> rows) {
        List<Row> steps = rows.stream().filter(row -> isKnown(row.of())).toList();
        if (steps.isEmpty()) {
            return Optional.empty();
        }
        double[] predicted = steps.stream()
                .mapToDouble(row -> model.millis(row.of().action(), row.of().depth()))
                .toArray();
        double[] errors = new double[predicted.length];
        double predictedSum = 0;
        double measuredSum = 0;
        for (int i = 0; i < errors.length; i++) {
            double measured = steps.get(i).ours();
            errors[i] = Math.abs(predicted[i] - measured) / measured;
            predictedSum += predicted[i];
            measuredSum += measured;
        }
        int n = errors.length;
        return Optional.of(new CostRow(predictedSum / n, measuredSum / n, Spread.of(errors), n));
    }

    /** Whether a case says something of the cost model. */
    static boolean isKnown(BenchCase of) {
        return of.kind() == BenchCase.Kind.STEP && !of.predicted();
    }
}
