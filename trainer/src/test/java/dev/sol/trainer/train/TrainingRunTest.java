package dev.sol.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.learned.PolicyFile;
import dev.sol.runtime.RequestException;
import dev.sol.trainer.grpo.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("native")
class TrainingRunTest {
    private static final int UPDATES = 6;

    @TempDir
    Path folder;

    private static TrainingRun run(Path out, String model, Consumer<ObjectNode> change) {
        ObjectNode config = ToyEnvironment.config(UPDATES);
        change.accept(config);
        return new TrainingRun(TrainConfig.of(config), new ToyEnvironment(model), out, Clock.systemUTC());
    }

    private static TrainingState train(Path out, Consumer<ObjectNode> change) throws IOException {
        return run(out, "toy", change).run(false, new ToyTraining.Quiet());
    }

    private Path out(String name) {
        return folder.resolve(name + ".safetensors");
    }

    @Test
    void thePolicyIsTheBestAndSaysWhereItComesFrom() throws IOException {
        TrainingState state = train(out("a"), _ -> {});
        PolicyFile file = PolicyFile.read(out("a"));
        assertThat(file.weights()).isEqualTo(state.bestPolicy(file.weights().spec()));
        assertThat(file.header().model().name()).isEqualTo("toy");
        assertThat(file.header().split()).hasSize(2);
        assertThat(file.header().targets().low().mlp()).isEqualTo(.2);
        assertThat(file.header().provenance()).containsEntry("updates", UPDATES).containsKey("settings");
        assertThat(Files.readString(TrainingRun.beside(out("a"), ".svg")))
                .contains("<svg", "Reward", "Budgets", "</svg>");
    }

    @Test
    void equalSeedsGiveEqualFilesAndOthersDoNot() throws IOException {
        train(out("a"), _ -> {});
        train(out("b"), _ -> {});
        train(out("c"), config -> config.put("seed", 1));
        assertThat(out("b")).hasSameBinaryContentAs(out("a"));
        assertThat(PolicyFile.read(out("c")).weights())
                .isNotEqualTo(PolicyFile.read(out("a")).weights());
    }

    @Test
    void aStoppedRunGoesOnWhereItWas() throws IOException {
        train(out("whole"), _ -> {});
        // Checkpoints by the clock would come too late.
        TrainingRun run = run(out("stopped"), "toy", config -> config.put("checkpoint_minutes", 1000));
        assertThatThrownBy(() -> run.run(false, new ToyTraining.Quiet(metrics -> {
                    if (metrics.update() == 3) {
                        run.stop();
                    }
                })))
                .isInstanceOf(CancellationException.class);
        assertThat(out("stopped")).doesNotExist();
        assertThat(Files.readAllLines(TrainingRun.beside(out("stopped"), ".csv")))
                .hasSize(1 + 3);
        assertThat(train(out("stopped"), _ -> {}).update()).isEqualTo(UPDATES);
        assertThat(out("stopped")).hasSameBinaryContentAs(out("whole"));
    }

    @Test
    void moreUpdatesGoOnFromTheLast() throws IOException {
        train(out("a"), config -> config.put("updates", 3));
        TrainingState state = train(out("a"), _ -> {});
        assertThat(state.update()).isEqualTo(UPDATES);
        assertThat(state.history()).hasSize(UPDATES);
        assertThatThrownBy(() -> train(out("a"), config -> config.put("updates", 3)))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("6 updates already")
                .hasMessageContaining("--restart");
    }

    @Test
    void anotherRunsCheckpointIsRefusedWithTheDifference() throws IOException {
        train(out("a"), _ -> {});
        byte[] checkpoint = Files.readAllBytes(TrainingRun.beside(out("a"), ".checkpoint"));
        byte[] csv = Files.readAllBytes(TrainingRun.beside(out("a"), ".csv"));
        assertThatThrownBy(() -> train(out("a"), config -> config.put("gamma", .5)))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("config.gamma is 0.85 there and 0.5 here")
                .hasMessageContaining("--restart");
        assertThatThrownBy(() -> run(out("a"), "other", _ -> {}).run(false, new ToyTraining.Quiet()))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("model.name is toy there and other here");
        assertThat(TrainingRun.beside(out("a"), ".checkpoint")).hasBinaryContent(checkpoint);
        assertThat(TrainingRun.beside(out("a"), ".csv")).hasBinaryContent(csv);
        assertThatCode(() -> run(out("a"), "other", _ -> {}).run(true, new ToyTraining.Quiet()))
                .doesNotThrowAnyException();
        assertThat(PolicyFile.read(out("a")).header().model().name()).isEqualTo("other");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, 200, -1, -500})
    void aDamagedCheckpointIsRefused(int length) throws IOException {
        train(out("a"), _ -> {});
        Path checkpoint = TrainingRun.beside(out("a"), ".checkpoint");
        byte[] bytes = Files.readAllBytes(checkpoint);
        Files.write(checkpoint, java.util.Arrays.copyOf(bytes, Math.floorMod(length, bytes.length)));
        assertThatThrownBy(() -> train(out("a"), _ -> {}))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("--restart");
        bytes[bytes.length / 2] ^= 1;
        Files.write(checkpoint, bytes);
        assertThatThrownBy(() -> train(out("a"), _ -> {}))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("damaged");
    }

    @Test
    void aFolderThatIsNotThereIsToldAtOnce() {
        Path out = folder.resolve("none").resolve("p.safetensors");
        assertThatThrownBy(() -> train(out, _ -> {})).isInstanceOf(IOException.class);
    }
}
