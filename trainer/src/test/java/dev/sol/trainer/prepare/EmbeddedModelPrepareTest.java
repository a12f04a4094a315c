package dev.sol.trainer.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.gguf.GgufFile;
import dev.sol.trainer.corpus.TextTokenizer;
import dev.sol.trainer.prepare.LayerPlan.Choice;
import dev.sol.trainer.prepare.LayerPlan.Measure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Neurons that learned something: what the order and the predictor are worth. */
@Tag("model")
@Timeout(300)
class EmbeddedModelPrepareTest {
    private static final int WINDOW = 128;
    private static final String STORY = """
            Once upon a time there was an old woman who lived in a little house at the edge of the forest. Every morning she went \
            to the well, and every evening she told the children of the village a story about the sea. One day a fox came to her \
            door and asked for a piece of bread. "I have only half of it," said she, "but you may have that." Then the fox laughed \
            and showed her the way to a garden that nobody had ever seen. There the trees were of silver and the birds could speak. \
            The youngest boy was afraid of the dark, but he took his lantern and followed them over the hill, past the mill, and \
            down to the river, where the miller was asleep in his boat. "Wake up!" cried the boy. "The king has lost his crown!"
            """;

    @TempDir
    Path folder;

    @Test
    void groupsAndPredictionsKeepMoreThanChance() throws IOException {
        try (GgufFile file = GgufFile.open(EmbeddedModel.file());
                Model model = Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT)) {
            List<GatedMlp> mlps = GatedMlp.find(file, model.info().layers()).mlps();
            assertThat(mlps).hasSize(4);
            List<int[]> windows = windows(TextTokenizer.of(model.tokenizer()));
            int tokens = Calibration.recorded(windows.size(), WINDOW);
            try (Records records = new Records(folder, mlps, tokens);
                    Calibration calibration = new Calibration(model, WINDOW, 1)) {
                calibration.run(windows, mlps, records, _ -> {});
                Planner planner = new Planner(file, records, Activation.SILU, tokens * 3 / 4, 8, 96, 1);
                LayerPlan plan = planner.plan(mlps.getLast(), mlps.size() - 1, () -> {});

                double share = .25;
                double exact = kept(plan, Choice.ORDERED, 8, share);
                assertThat(exact).isGreaterThan(kept(plan, Choice.BEFORE, 8, share) + .03);
                assertThat(exact).isLessThan(kept(plan, Choice.BEFORE, 1, share));
                assertThat(kept(plan, Choice.ORDERED, 32, share))
                        .isGreaterThan(kept(plan, Choice.BEFORE, 32, share) + .03);
                assertThat(kept(plan, Choice.PREDICTED, 8, share))
                        .isLessThan(exact)
                        .isGreaterThan(.8 * exact);
            }
        }
    }

    /** Windows that begin at different words of the story. */
    private static List<int[]> windows(TextTokenizer tokenizer) {
        int[] story = tokenizer.encode(STORY.repeat(2));
        List<int[]> windows = new ArrayList<>();
        for (int start = 0; start + WINDOW <= story.length && windows.size() < 12; start += 13) {
            windows.add(Arrays.copyOfRange(story, start, start + WINDOW));
        }
        return windows;
    }

    private static double kept(LayerPlan plan, Choice choice, int group, double share) {
        return plan.kept().getOrDefault(new Measure(choice, group, share), Double.NaN);
    }

    /** As a process that is told to end. */
    @Test
    void aSignalLeavesNothingBehind() throws Exception {
        Path corpus = Files.writeString(folder.resolve("story.txt"), STORY.repeat(2000));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "--enable-native-access=ALL-UNNAMED",
                        PrepareCommand.class.getName(),
                        "--corpus",
                        corpus.toString(),
                        "--tokens",
                        "100000",
                        "--out",
                        folder.resolve("out.gguf").toString())
                .start();
        try (BufferedReader err =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
            assertThat(err.readLine()).startsWith("calibration: ");
            process.toHandle().destroy(); // SIGTERM; the pipes stay open
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(err.lines().toList().getLast()).startsWith("prepare: interrupted");
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(process.exitValue()).isEqualTo(128 + 15);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(corpus);
        }
    }
}
