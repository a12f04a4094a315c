package dev.sol.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.trainer.grpo.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The run is a process of its own, and ends by {@code kill -9}. */
@Tag("native")
@Timeout(120)
class KillTest {
    private static final int UPDATES = 120;
    private static final int KILLS = 4;
    private static final int PATIENCE_MILLIS = 60_000;

    @TempDir
    Path folder;

    private Process start(Path out) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dslf4j.internal.verbosity=ERROR",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.sol.trainer.train.ToyTraining",
                        out.toString(),
                        Integer.toString(UPDATES))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(out.getFileName() + ".log").toFile())
                .start();
    }

    @Test
    void aKilledRunGoesOnAndEndsWithTheSameBits() throws IOException, InterruptedException {
        Path whole = folder.resolve("whole.safetensors");
        Process uninterrupted = start(whole);
        assertThat(uninterrupted.waitFor()).as(log(whole)).isZero();

        Path killed = folder.resolve("killed.safetensors");
        Random random = new Random(System.nanoTime());
        List<Integer> rows = new ArrayList<>();
        for (int kill = 0; kill < KILLS; kill++) {
            Process process = start(killed);
            // At some moment of some update of the next fifth of the run, by the rows that are there.
            int from = rows.isEmpty() ? 0 : rows.getLast();
            awaitRows(process, killed, from + 1 + random.nextInt(UPDATES / (KILLS + 1)));
            Thread.sleep(random.nextInt(20));
            process.destroyForcibly().waitFor();
            rows.add(rows(killed));
        }
        assertThat(rows.getLast()).as("rows when it was killed: %s", rows).isLessThan(UPDATES);
        assertThat(killed).doesNotExist();
        assertThat(start(killed).waitFor()).as(log(killed)).isZero();

        assertThat(killed).hasSameBinaryContentAs(whole);
        List<List<String>> expected = csv(whole);
        assertThat(csv(killed)).as("killed at %s", rows).isEqualTo(expected);
        assertThat(expected.stream().map(List::getFirst).skip(1))
                .containsExactlyElementsOf(LongStream.rangeClosed(1, UPDATES)
                        .mapToObj(Long::toString)
                        .toList());
        assertThat(EventReader.read(killed.resolveSibling("killed.safetensors.tfevents")).stream()
                        .skip(1)
                        .map(EventReader.Event::step))
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, UPDATES).boxed().toList());
        assertThat(killed.resolveSibling("killed.safetensors.svg")).exists();
        try (var files = Files.list(folder)) {
            assertThat(files.filter(file -> file.toString().endsWith(".tmp"))).isEmpty();
        }
    }

    private static void awaitRows(Process process, Path out, int count) throws IOException, InterruptedException {
        for (int waited = 0; rows(out) < count; waited++) {
            assertThat(process.isAlive()).as(log(out)).isTrue();
            assertThat(waited).as("milliseconds for %d rows", count).isLessThan(PATIENCE_MILLIS);
            Thread.sleep(1);
        }
    }

    private static int rows(Path out) throws IOException {
        Path csv = TrainingRun.beside(out, ".csv");
        return Files.exists(csv)
                ? (int) Math.max(0, Files.readString(csv).lines().count() - 1)
                : 0;
    }

    /** Cells by row, without the time. */
    private static List<List<String>> csv(Path out) throws IOException {
        List<List<String>> rows = new ArrayList<>();
        List<String> lines = Files.readAllLines(TrainingRun.beside(out, ".csv"));
        int time = List.of(lines.getFirst().split(",", -1)).indexOf(Metric.TIME.key());
        for (String line : lines) {
            List<String> cells = new ArrayList<>(List.of(line.split(",", -1)));
            cells.remove(time);
            rows.add(cells);
        }
        return rows;
    }

    private static String log(Path out) throws IOException {
        return Files.readString(out.resolveSibling(out.getFileName() + ".log"));
    }
}
