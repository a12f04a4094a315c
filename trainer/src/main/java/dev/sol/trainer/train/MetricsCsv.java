package dev.sol.trainer.train;

import dev.sol.trainer.grpo.Metric;
import dev.sol.trainer.grpo.UpdateMetrics;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Metrics as CSV: a row for each update, a column for each metric; empty where one was not measured. */
final class MetricsCsv implements MetricsFormat {
    @Override
    public byte[] header() {
        return line(Arrays.stream(Metric.values()).map(Metric::key).collect(Collectors.joining(",", "update,", "")));
    }

    @Override
    public byte[] row(UpdateMetrics metrics) {
        return line(Arrays.stream(Metric.values())
                .map(metric -> {
                    double value = metrics.get(metric);
                    return Double.isNaN(value) ? "" : Double.toString(value);
                })
                .collect(Collectors.joining(",", metrics.update() + ",", "")));
    }

    private static byte[] line(String text) {
        return (text + "\n").getBytes(StandardCharsets.UTF_8);
    }
}
