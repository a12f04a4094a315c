package dev.sol.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.cli.Command;
import dev.sol.trainer.grpo.TrainingState;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told before a model is loaded. */
class TrainCommandTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Command.run(new TrainCommand(), new PrintWriter(out), new PrintWriter(err), arguments);
    }

    private String text() throws IOException {
        return Files.writeString(folder.resolve("t.txt"), "Once upon a time.").toString();
    }

    @Test
    void wrongInputIsTold() throws IOException {
        String policy = folder.resolve("p.safetensors").toString();
        assertThat(run("--corpus", text())).isEqualTo(2);
        assertThat(err.toString()).contains("--out");
        assertThat(run("--corpus", folder.resolve("none").toString(), "--out", policy))
                .isEqualTo(2);
        assertThat(err.toString()).contains("there is no file");
        assertThat(run("--corpus", text(), "--out", folder.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("is a folder");
        assertThat(run("--corpus", text(), "--out", folder.resolve("a/b").toString()))
                .isEqualTo(2);
        assertThat(err.toString()).contains("there is no folder");
        assertThat(run("--corpus", text(), "--out", policy, "--preset", "huge")).isEqualTo(2);
        assertThat(err.toString()).contains("no preset 'huge'");
        assertThat(run("--corpus", text(), "--out", policy, "--updates", "0")).isEqualTo(2);
        assertThat(err.toString()).contains("updates must be");
        assertThat(run("--corpus", text(), "--out", policy, "--threads", "-1")).isEqualTo(2);
        assertThat(err.toString()).contains("--threads must not be negative");
        assertThat(folder).isDirectoryNotContaining("glob:**.csv");
    }

    @Test
    void itIsSaidWhichPolicyWasKept() {
        assertThat(TrainCommand.kept(best(300, -.01234), 400))
                .isEqualTo(
                        "after update 300 of 400, the best of those measured; validation loss -0.01234 nats per token"
                                + " against uniform at equal realised means");
        assertThat(TrainCommand.kept(best(0, .001), 400))
                .startsWith("the static start: no update of 400 that was measured is better; validation loss +0.00100");
        assertThat(TrainCommand.kept(best(400, Double.NaN), 400))
                .startsWith("after update 400 of 400; nothing was measured");
    }

    private static TrainingState.Best best(long update, double difference) {
        return new TrainingState.Best(update, difference, new TreeMap<>());
    }

    @Test
    void helpNamesThePresets() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).contains(ConfigFile.PRESETS).contains("--restart");
    }
}
