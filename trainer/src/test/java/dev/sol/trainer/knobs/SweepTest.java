package dev.sol.trainer.knobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.Action;
import dev.sol.policy.Axis;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.RequestException;
import dev.sol.trainer.stats.PairedBootstrap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final PairedBootstrap BOOTSTRAP = new PairedBootstrap(2000, .95, 1);
    private static final long TOKENS = (long) FakeLaboratory.WINDOWS * FakeLaboratory.TOKENS;

    @TempDir
    Path folder;

    private final FakeLaboratory laboratory = new FakeLaboratory();
    private final Recorder recorder = new Recorder();

    private static Grid grid(String only) {
        return Grid.of(8, new double[] {1, .5}, new double[] {.5}, new int[] {8}, Pattern.compile(only));
    }

    private static ObjectNode settings() {
        ObjectNode settings = MAPPER.createObjectNode()
                .put("context", 28)
                .put("windows", FakeLaboratory.WINDOWS)
                .put("scored_per_window", FakeLaboratory.TOKENS);
        settings.putObject("corpus").put("name", "a.txt").put("sha256", "12");
        return settings;
    }

    private Path file() {
        return folder.resolve("knobs.json");
    }

    private Results stored() {
        return Results.in(file(), settings(), BOOTSTRAP);
    }

    private void run(Grid grid, Results results) {
        new Sweep(grid, laboratory, results, TOKENS).run(recorder, recorder);
        assertThat(laboratory.open).isZero();
    }

    private JsonNode json() throws IOException {
        return MAPPER.readTree(file().toFile());
    }

    @Test
    void denseFirstThenKnobByKnob() {
        run(grid("recency|neuron:8|output"), Results.inMemory(BOOTSTRAP));

        assertThat(recorder.told)
                .containsExactly(
                        "start 5, 1000",
                        "dense",
                        "= dense",
                        "attn/recency/1.0",
                        "attn/recency/0.5",
                        "= attn",
                        "mlp/neuron:8/0.5",
                        "= mlp",
                        "bits/output/8",
                        "= bits");
        assertThat(recorder.tokens).isEqualTo(5 * TOKENS);
        assertThat(laboratory.measured)
                .containsExactly(
                        Action.DENSE, Action.DENSE, new Action(.5, 1, 16), new Action(1, .5, 16), new Action(1, 1, 8));
        assertThat(laboratory.opened)
                .as("a context for each meaning of a knob")
                .hasSize(4)
                .containsOnly(KnobOptions.DEFAULT, KnobOptions.DEFAULT.withPage(8));
    }

    /** Half of a knob costs 20 + (i mod 3) halves of a nat in window i: 10.45 nats of 20 tokens on average. */
    @Test
    void aRowComparesWithDense() {
        Grid grid = grid("recency");
        Results results = Results.inMemory(BOOTSTRAP);
        run(grid, results);

        Row dense = results.row(grid.cells().get(0)).orElseThrow();
        assertThat(dense.ratio()).isEqualTo(1);
        assertThat(dense.clear()).isFalse();

        Row half = results.row(grid.cells().get(1)).orElseThrow();
        double mean = 10.45 / 20;
        assertThat(half.perplexity().tokens()).isEqualTo(TOKENS);
        assertThat(half.perplexity().mean()).isCloseTo(53.5 / 20 + mean, within(1e-12));
        assertThat(half.ratio()).isCloseTo(Math.exp(mean), within(1e-12));
        assertThat(half.realised()).isEqualTo(.51);
        assertThat(half.clear()).isTrue();
        assertThat(half.interval().lower()).isBetween(Math.exp(10.1 / 20), Math.exp(mean));
        assertThat(half.interval().upper()).isBetween(Math.exp(mean), Math.exp(10.8 / 20));
    }

    @Test
    void aKnobThatReachesNothingIsReported() throws IOException {
        laboratory.reached.remove(Axis.MLP);
        Results results = stored();
        run(grid("mlp|recency/0.5"), results);

        assertThat(laboratory.measured).hasSize(2);
        assertThat(recorder.told).contains("skip 1, 200", "= mlp");
        assertThat(json().get("unreached"))
                .map(JsonNode::asText)
                .containsExactly("mlp/channel", "mlp/neuron:1", "mlp/neuron:8", "mlp/neuron:32");
        String block = KnobTable.block(Axis.MLP, grid("mlp").cells(), results, "", 95);
        assertThat(block)
                .doesNotContain("÷ dense")
                .contains("neuron:8", "not measured: the model has no layer that it reaches");
    }

    @Test
    void aRerunMeasuresWhatIsMissing() throws IOException {
        run(grid("recency/0.5"), stored());
        JsonNode first = json();
        laboratory.measured.clear();
        recorder.told.clear();

        Results results = stored();
        run(grid("recency|output"), results);

        assertThat(laboratory.measured).containsExactly(Action.DENSE, new Action(1, 1, 8));
        assertThat(recorder.told).startsWith("start 2, 400", "= dense", "attn/recency/1.0", "= attn");
        assertThat(json().get("rows")).hasSize(3);
        assertThat(json().at("/rows/0")).isEqualTo(first.at("/rows/0"));
        Row kept = results.row(grid("recency/0.5").cells().getFirst()).orElseThrow();
        assertThat(kept.ratio()).isEqualTo(first.at("/rows/0/ratio").asDouble());
        assertThat(kept.interval().upper())
                .isEqualTo(first.at("/rows/0/interval/1").asDouble());

        laboratory.measured.clear();
        run(grid("recency|output"), stored());
        assertThat(laboratory.measured).isEmpty();
        assertThat(json().get("rows")).hasSize(3);
    }

    @Test
    void anInterruptedSweepGoesOn() throws IOException {
        laboratory.interruptAfter = 3;
        Results results = stored();

        assertThatThrownBy(() -> run(grid(""), results)).isInstanceOf(CancellationException.class);
        assertThat(laboratory.open).isZero();
        assertThat(recorder.told.getLast()).as("what there is gets printed").isEqualTo("= attn");
        assertThat(json().get("rows")).hasSize(2);
        assertThat(KnobTable.block(Axis.ATTN, grid("attn").cells(), results, "", 95))
                .contains("recency")
                .doesNotContain("quest");
        assertThat(KnobTable.block(Axis.MLP, grid("mlp").cells(), results, "", 95))
                .isEmpty();

        laboratory.interruptAfter = Integer.MAX_VALUE;
        run(grid(""), stored());
        assertThat(json().get("rows")).hasSize(grid("").cells().size());
        assertThat(laboratory.measured).hasSize(1 + grid("").cells().size());
    }

    /** The file as someone else reads it. */
    @Test
    void json(@TempDir Path other) throws IOException {
        run(grid("bits/input"), stored());
        JsonNode row = json().at("/rows/0");

        assertThat(json().get("settings")).isEqualTo(MAPPER.readTree(settings().toString()));
        assertThat(json().at("/dense/ppl").asDouble()).isCloseTo(Math.exp(53.5 / 20), within(1e-9));
        assertThat(row.get("id").asText()).isEqualTo("bits/input/8");
        assertThat(row.get("knob").asText()).isEqualTo("bits");
        assertThat(row.get("variant").asText()).isEqualTo("input");
        assertThat(row.get("value").asDouble()).isEqualTo(8);
        assertThat(row.get("realised").asDouble()).isEqualTo(8);
        assertThat(row.get("tokens").asLong()).isEqualTo(TOKENS);
        assertThat(row.get("nll").asDouble()).isCloseTo((53.5 + 10.45) / 20, within(1e-12));
        assertThat(row.get("window_nats")).hasSize(FakeLaboratory.WINDOWS);
        assertThat(row.get("clear").asBoolean()).isTrue();
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).as("nothing else is left").containsExactly(file());
        }
    }

    @Test
    void otherSettingsAreRefused() throws IOException {
        run(grid("recency/0.5"), stored());
        byte[] before = Files.readAllBytes(file());

        ObjectNode context = settings().put("context", 30);
        assertThatThrownBy(() -> Results.in(file(), context, BOOTSTRAP))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("knobs.json")
                .hasMessageContaining("context is 28 there and 30 here");
        ObjectNode corpus = settings();
        corpus.putObject("corpus").put("name", "a.txt").put("sha256", "13");
        assertThatThrownBy(() -> Results.in(file(), corpus, BOOTSTRAP))
                .hasMessageContaining("corpus.sha256 is 12 there and 13 here");
        ObjectNode more = settings().put("seed", 1);
        assertThatThrownBy(() -> Results.in(file(), more, BOOTSTRAP))
                .hasMessageContaining("seed is not set there and 1 here");
        assertThat(Files.readAllBytes(file())).isEqualTo(before);
    }

    @Test
    void whatIsNoResultsFile() throws IOException {
        for (String content : List.of("", "{", "[]", "{\"format\": \"other\"}", "hello")) {
            Files.writeString(file(), content);
            assertThatThrownBy(this::stored)
                    .as(content)
                    .isInstanceOf(RequestException.class)
                    .hasMessageContaining("has no results of sol knobs");
            assertThat(file()).hasContent(content);
        }
        assertThatThrownBy(() -> Results.in(folder.resolve("none/knobs.json"), settings(), BOOTSTRAP))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("cannot write");
    }

    @Test
    void aRowThatLacksWindowsIsDamaged() throws IOException {
        run(grid("recency/0.5"), stored());
        ObjectNode root = (ObjectNode) json();
        ((ObjectNode) root.at("/rows/0")).putArray("window_nats").add(1.5);
        Files.writeString(file(), root.toString());

        assertThatThrownBy(() -> run(grid("recency/0.5"), stored()))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("is damaged");
    }

    @Test
    void table() {
        Grid grid = grid("recency|output");
        Results results = Results.inMemory(BOOTSTRAP);
        run(grid, results);

        assertThat(KnobTable.dense(results.dense().orElseThrow().perplexity()))
                .isEqualTo("dense: 200 tokens, nll 2.6750, ppl 14.512\n");
        List<String> lines = KnobTable.block(Axis.ATTN, grid.of(Axis.ATTN), results, "pages of 8", 95)
                .lines()
                .toList();
        assertThat(lines).hasSize(6);
        assertThat(lines.get(1)).isEqualTo("attention, pages of 8");
        assertThat(lines.get(3))
                .isEqualTo(
                        "  recency               1.0    1.0100      200   2.6750     14.512    1.0000  1.0000 … 1.0000");
        assertThat(lines.get(4))
                .startsWith("  recency               0.5    0.5100      200   3.1975     24.471    1.6862  1.6")
                .endsWith(" *");
        assertThat(lines.get(5)).isEqualTo("  * clear of 1");
        assertThat(KnobTable.block(Axis.BITS, grid.of(Axis.BITS), results, "", 95))
                .contains("\nbits of the MLP\n", "  output                  8      8.00      200");
    }
}
