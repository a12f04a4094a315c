package dev.sol.trainer.grpo;

import java.util.EnumMap;
import java.util.Map;

/**
 * The metrics of one update.
 *
 * @param update from 1
 * @param values of all metrics; NaN where one is not known
 */
public record UpdateMetrics(long update, Map<Metric, Double> values) {
    public UpdateMetrics {
        EnumMap<Metric, Double> all = new EnumMap<>(Metric.class);
        for (Metric metric : Metric.values()) {
            all.put(metric, values.getOrDefault(metric, Double.NaN));
        }
        values = Map.copyOf(all);
    }

    public double get(Metric metric) {
        return values.getOrDefault(metric, Double.NaN);
    }
}
