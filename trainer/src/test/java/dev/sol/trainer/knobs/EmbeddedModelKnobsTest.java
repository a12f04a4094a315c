package dev.sol.trainer.knobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sol.runtime.cli.Command;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code sol knobs} on the embedded model, over a few hundred tokens. */
@Tag("model")
@Timeout(300)
class EmbeddedModelKnobsTest {
    /** Fifty sentences, no two alike. */
    private static final List<String> WHO = List.of("king", "old woman", "fox", "little girl", "miller");

    private static final List<String> WHAT = List.of(
            "went into the forest to look for water",
            "had never seen such a beautiful garden before",
            "laughed and said that nobody would believe it",
            "came home late in the evening with an empty basket",
            "told the children a story about the sea",
            "gave the poor man half of the bread",
            "slept under a tree until the sun was high",
            "heard a voice that called from behind the door",
            "asked the bird which way led to the village",
            "was afraid of the dark but did not turn back");

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeEach
    void corpus() throws IOException {
        StringBuilder text = new StringBuilder();
        for (String what : WHAT) {
            for (String who : WHO) {
                text.append("Once the ").append(who).append(' ').append(what).append(".\n");
            }
        }
        Files.writeString(folder.resolve("story.txt"), text);
    }

    private int run(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        String[] all = Stream.concat(
                        Stream.of("--corpus", folder.resolve("story.txt").toString(), "--threads", "1"),
                        Stream.of(arguments))
                .toArray(String[]::new);
        return Command.run(new KnobsCommand(), new PrintWriter(out), new PrintWriter(err), all);
    }

    private JsonNode json() throws IOException {
        return new ObjectMapper().readTree(folder.resolve("knobs.json").toFile());
    }

    private JsonNode row(String id) throws IOException {
        return StreamSupport.stream(json().get("rows").spliterator(), false)
                .filter(row -> row.get("id").asText().equals(id))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no row " + id));
    }

    @Test
    void theWholeGrid() throws IOException {
        String json = folder.resolve("knobs.json").toString();
        assertThat(run(
                        "--context",
                        "64",
                        "--tokens",
                        "400",
                        "--json",
                        json,
                        "--attn",
                        "1,.25",
                        "--mlp",
                        "1,.25",
                        "--bits",
                        "16,4"))
                .as(err.toString())
                .isZero();

        assertThat(json().at("/settings/windows").asInt()).isEqualTo(8); // 55 scored tokens in each
        assertThat(json().get("rows")).hasSize(2 * (13 + 4 + 2));
        assertThat(json().has("unreached")).isFalse();
        double dense = json().at("/dense/ppl").asDouble();
        assertThat(dense).isBetween(2.0, 200.0);
        for (JsonNode row : json().get("rows")) {
            String id = row.get("id").asText();
            if (row.get("value").asDouble() == (id.startsWith("bits") ? 16 : 1)) {
                assertThat(row.get("ppl").asDouble()).as(id).isEqualTo(dense);
                assertThat(row.get("realised").asDouble())
                        .as(id)
                        .isEqualTo(row.get("value").asDouble());
            } else {
                assertThat(row.get("ppl").asDouble()).as(id).isNotEqualTo(dense).isLessThan(100 * dense);
            }
        }
        // ⌈64/4⌉ of 64 units, ⌈48⌉ of 192 channels, ⌈n/4⌉ positions of n
        assertThat(row("mlp/neuron:8/0.25").get("realised").asDouble()).isEqualTo(.25);
        assertThat(row("mlp/channel/0.25").get("realised").asDouble()).isEqualTo(.25);
        assertThat(row("attn/recency/0.25").get("realised").asDouble()).isBetween(.25, .4);
        assertThat(row("mlp/channel/0.25").get("ratio").asDouble())
                .as("the paper's channels cost more than single neurons")
                .isGreaterThan(row("mlp/neuron:1/0.25").get("ratio").asDouble());

        assertThat(out.toString())
                .contains("sol-tiny-f16", "story.txt: 8 windows of 64 tokens, the first 8 of each dense")
                .contains("dense: 440 tokens", "attention, pages of 8", "MLP", "bits of the MLP", "quest/tail/kv");
        assertThat(err.toString()).contains("[39/39] bits/input/4: ppl");

        String table = out.toString();
        assertThat(run(
                        "--context",
                        "64",
                        "--tokens",
                        "400",
                        "--json",
                        json,
                        "--attn",
                        "1,.25",
                        "--mlp",
                        "1,.25",
                        "--bits",
                        "16,4"))
                .isZero();
        assertThat(out.toString()).as("nothing is measured again").isEqualTo(table);
        assertThat(err.toString()).isEmpty();

        assertThat(run("--context", "64", "--tokens", "300", "--json", json)).isEqualTo(2);
        assertThat(err.toString()).contains("other settings", "windows is 8 there and 6 here");
    }

    /** Windows decoded side by side do not see each other. */
    @Test
    void moreWindowsDoNotChangeTheSecond() throws IOException {
        String id = "attn/quest/tail/kv/0.25";
        String json = folder.resolve("knobs.json").toString();
        assertThat(run("--context", "64", "--tokens", "110", "--only", id, "--json", json))
                .isZero();
        double ofTwo = window(id);
        Files.delete(Path.of(json));

        assertThat(run("--context", "64", "--tokens", "440", "--only", id, "--json", json))
                .isZero();
        assertThat(window(id)).isCloseTo(ofTwo, within(.05));
    }

    private double window(String id) throws IOException {
        return row(id).at("/window_nats/1").asDouble();
    }

    @Test
    void textsThatAreTooShort() throws IOException {
        assertThat(run("--context", "128", "--tokens", "100000", "--only", "recency/0.5"))
                .isZero();
        assertThat(err.toString()).contains("the text has no more than");

        Files.writeString(folder.resolve("story.txt"), "Once upon a time.");
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).contains("story.txt is too short");
    }

    @Test
    void aContextThatIsTooLong() {
        assertThat(run("--context", "512")).isEqualTo(2);
        assertThat(err.toString()).contains("--context must be from 1 to 256");
    }
}
