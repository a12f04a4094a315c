package dev.sol.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.runtime.RequestException;
import dev.sol.trainer.grpo.Metric;
import dev.sol.trainer.grpo.UpdateMetrics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsFileTest {
    @TempDir
    Path folder;

    private static UpdateMetrics metrics(long update) {
        return new UpdateMetrics(
                update, Map.of(Metric.TIME, 1700000000.25 + update, Metric.LOSS, -.5 * update, Metric.REWARD, -2.));
    }

    @Test
    void csvHasARowForEachUpdate() throws IOException {
        Path file = folder.resolve("m.csv");
        try (MetricsFile csv = MetricsFile.open(file, new MetricsCsv(), List.of())) {
            csv.add(metrics(1));
            csv.add(metrics(2));
        }
        List<String> lines = Files.readAllLines(file);
        assertThat(lines).hasSize(3);
        assertThat(lines.getFirst()).startsWith("update,time,loss,reward,").endsWith(",validation");
        assertThat(lines.get(1)).startsWith("1,1.70000000125E9,-0.5,-2.0,,,");
        assertThat(lines).allMatch(line -> line.split(",", -1).length == 1 + Metric.values().length);
    }

    @Test
    void eventFilesAreReadByAnotherParser() throws IOException {
        assertThat(EventReader.crc32c("123456789".getBytes(StandardCharsets.US_ASCII)))
                .as("the check value of CRC-32C")
                .isEqualTo(0xe3069283);
        Path file = folder.resolve("m.tfevents");
        try (MetricsFile events = MetricsFile.open(file, new EventFormat(), List.of(metrics(1)))) {
            events.add(metrics(300));
        }
        List<EventReader.Event> events = EventReader.read(file);
        assertThat(events)
                .containsExactly(
                        new EventReader.Event(0, 0, "brain.Event:2", Map.of()),
                        new EventReader.Event(1700000001.25, 1, "", Map.of("train/loss", -.5f, "train/reward", -2f)),
                        new EventReader.Event(
                                1700000300.25, 300, "", Map.of("train/loss", -150f, "train/reward", -2f)));
    }

    @Test
    void aFileBeginsAnewFromTheHistory() throws IOException {
        Path file = folder.resolve("m.csv");
        try (MetricsFile csv = MetricsFile.open(file, new MetricsCsv(), List.of())) {
            csv.add(metrics(1));
            csv.add(metrics(2));
            csv.add(metrics(3));
        }
        String all = Files.readString(file);
        Files.writeString(file, all + "4,17"); // killed in the midst of a row
        try (MetricsFile csv = MetricsFile.open(file, new MetricsCsv(), List.of(metrics(1)))) {
            assertThat(Files.readAllLines(file)).hasSize(2);
            csv.add(metrics(2));
            csv.add(metrics(3));
        }
        assertThat(Files.readString(file)).isEqualTo(all);
    }

    @Test
    void oneRunWritesIt() throws IOException {
        Path file = folder.resolve("m.csv");
        try (MetricsFile _ = MetricsFile.open(file, new MetricsCsv(), List.of())) {
            assertThatThrownBy(() -> MetricsFile.open(file, new MetricsCsv(), List.of()))
                    .isInstanceOf(RequestException.class)
                    .hasMessageContaining("another run");
        }
        MetricsFile.open(file, new MetricsCsv(), List.of()).close();
    }
}
