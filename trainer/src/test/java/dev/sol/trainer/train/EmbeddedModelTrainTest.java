package dev.sol.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.learned.PolicyFile;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.runtime.cli.Command;
import dev.sol.runtime.cli.ModelSource;
import dev.sol.trainer.corpus.Corpus;
import dev.sol.trainer.corpus.TokenizedCorpus;
import dev.sol.trainer.grpo.Validation;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code sol train} on the embedded model: two updates of a tiny policy, each of which is measured. */
@Tag("model")
@Timeout(300)
class EmbeddedModelTrainTest {
    private static final int DOCUMENTS = 600;
    private static final String CONFIG = """
            {"context": 64, "prefix": [16, 32], "horizon": 8, "inputs": 2, "schedules": 4, "width": 16, "heads": 2,
             "updates": 2, "validation": {"windows": 4, "every": 1}}
            """;

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void files() throws IOException {
        List<String> who = List.of("king", "old woman", "fox", "little girl", "miller", "bird", "soldier");
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < DOCUMENTS; i++) {
            text.append("Once the %s of house %d went into the forest to look for water, and came home with a basket.%n"
                    .formatted(who.get(i % who.size()), i));
            text.append("<|endoftext|>\n");
        }
        Files.writeString(folder.resolve("text.txt"), text);
        Files.writeString(folder.resolve("config.json"), CONFIG);
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    @Test
    void theBestPolicyIsKeptAndItIsSaidWhichThatIs() throws IOException {
        int code = Command.run(
                new TrainCommand(),
                new PrintWriter(out),
                new PrintWriter(err),
                "--corpus",
                path("text.txt"),
                "--config",
                path("config.json"),
                "--threads",
                "1",
                "--out",
                path("p.safetensors"));
        assertThat(code).as(err.toString()).isZero();

        List<Double> measured = new ArrayList<>(); // after update 0, 1, 2
        Matcher lines =
                Pattern.compile("update (\\d): validation loss (\\S+) nats").matcher(err.toString());
        while (lines.find()) {
            assertThat(lines.group(1)).isEqualTo(Integer.toString(measured.size()));
            measured.add(Double.valueOf(lines.group(2)));
        }
        assertThat(measured).as(err.toString()).hasSize(3);
        double best = Collections.min(measured);
        Map<String, Object> provenance =
                PolicyFile.read(folder.resolve("p.safetensors")).header().provenance();
        int update = ((Number) Objects.requireNonNull(provenance.get("best_update"))).intValue();
        assertThat((Double) provenance.get("validation")).isCloseTo(best, within(1e-5));
        assertThat(measured.get(update)).isEqualTo(best);
        assertThat(out.toString())
                .contains(update == 0 ? "the static start: no update of 2" : "after update %d of 2".formatted(update))
                .contains(String.format(Locale.ROOT, "%+.5f nats per token against uniform", best));
        assertThat(Files.readString(folder.resolve("p.safetensors.csv"))).contains("validation");
    }

    @Test
    void aCancelledEnvironmentValidatesNoMore() throws IOException {
        ObjectNode json = ConfigFile.preset("small");
        ConfigFile.putFile(folder.resolve("config.json"), json);
        TrainConfig config = TrainConfig.of(json);
        try (ModelEnvironment environment = ModelEnvironment.open(
                new ModelSource(),
                config,
                List.of(new Corpus(folder.resolve("text.txt"))),
                1,
                TokenizedCorpus.Listener.NONE)) {
            Validation validation = environment.validation();
            PolicyWeights weights = PolicyWeights.initial(config.network().spec(environment.embedding()), 0);
            double first = validation.difference(weights);
            assertThat(first).isCloseTo(0, within(.1)); // 560 tokens
            assertThat(validation.difference(weights)).isEqualTo(first);

            environment.cancel();
            assertThatThrownBy(() -> validation.difference(weights)).isInstanceOf(CancellationException.class);
        }
    }
}
