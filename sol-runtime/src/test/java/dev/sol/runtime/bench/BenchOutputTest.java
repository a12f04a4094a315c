package dev.sol.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sol.runtime.ModelInfo;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command prints and writes. */
class BenchOutputTest {
    private static final Row STEP =
            Row.of(BenchCase.parse("attn.25@4096", 0), List.of(new Row.Round(61.5, 30.75, 0, .02)));
    private static final Row FFN = Row.of(BenchCase.parse("ffn.5", 0), List.of(new Row.Round(30, 25, 10, .05)));

    private static final CostRow COST = new CostRow(41, 40, new Statistics.Spread(.05, .01, .08), 5);

    private final StringWriter err = new StringWriter();

    @TempDir
    Path folder;

    @Test
    void theTable() {
        assertThat(BenchTable.head() + BenchTable.line(STEP) + BenchTable.line(FFN) + BenchTable.line(COST))
                .isEqualToNormalizingNewlines("""
                        case                      stock ms   ours ms      ratio  min to max
                        attn.25@4096                 61.50     30.75      2.00×  2.00 to 2.00
                        ffn.5                        20.00     15.00      0.750  0.750 to 0.750 of stock's FFN
                        cost                                   40.00      0.050  0.010 to 0.080 off; predicted 41.00 ms
                        """);
    }

    private static BenchJson json() {
        BenchJson json = new BenchJson();
        json.machine(new Machine("CPU", 2, 1024, "Linux", "VM"));
        json.load(.01);
        json.builds(new Builds("{}", "stock", "AVX2"));
        json.model("m", new ModelInfo("llama", null, "llama 1B Q4_0", "Q4_0", 1, 2, 3, 4, 5, 6, 7, 8), true);
        json.options().put("threads", 2);
        return json;
    }

    @Test
    void theJson() throws IOException {
        BenchJson json = json();
        json.add(STEP);
        json.add(FFN);
        json.add(COST);
        Path file = folder.resolve("out.json");
        json.write(file);

        JsonNode root = new ObjectMapper().readTree(Files.readAllBytes(file));
        assertThat(root.fieldNames())
                .toIterable()
                .containsExactly("format", "machine", "load", "builds", "model", "options", "rows");
        assertThat(root.at("/machine/cpu").asText()).isEqualTo("CPU");
        assertThat(root.at("/load/before").asDouble()).isEqualTo(.01);
        assertThat(root.at("/load/others").asDouble()).isEqualTo(.05);
        assertThat(root.at("/rows/0")).isEqualTo(new ObjectMapper().readTree("""
                                {"case": "attn.25@4096", "ours": 30.75, "stock": 61.5, "unit": "ms", "ratio": 2.0, "min": 2.0,
                                 "max": 2.0, "ratio_of": "stock/ours", "rounds": 1, "others_load": 0.02}
                                """));
        assertThat(root.at("/rows/1/ratio_of").asText()).isEqualTo("ours/stock");
        assertThat(root.at("/rows/1/ratio").asDouble()).isEqualTo(.75);
        assertThat(root.at("/rows/2")).isEqualTo(new ObjectMapper().readTree("""
                                {"case": "cost", "ours": 40.0, "stock": null, "predicted": 41.0, "unit": "ms", "ratio": 0.05,
                                 "min": 0.01, "max": 0.08, "ratio_of": "|predicted-ours|/ours", "cases": 5}
                                """));
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void ourBuildInOneLine() {
        assertThat(
                        Builds.ours(
                                "{\"source\":\"llama.cpp v1\",\"compiler\":\"GNU 12\",\"cpu\":\"native\",\"flags\":\"-march=native\"}"))
                .isEqualTo("llama.cpp v1, native, GNU 12, -march=native");
        assertThat(Builds.ours("who knows")).isEqualTo("who knows");
    }

    @Test
    void aLoadThatIsNotKnown() {
        BenchJson json = json();
        json.load(Double.NaN);
        json.add(STEP);
        assertThat(json.root().path("load"))
                .isEqualTo(
                        new ObjectMapper().createObjectNode().putNull("before").putNull("others"));
    }

    @Test
    void aFileThatCannotBeWritten() {
        Path file = folder.resolve("none").resolve("out.json");
        assertThatThrownBy(() -> json().write(file))
                .isInstanceOf(BenchException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void aLineForEachCaseWithTheTimeThatIsLeft() {
        AtomicLong clock = new AtomicLong();
        Progress progress = new Progress(new PrintWriter(err), false, 3, 2, clock::get);
        progress.begin("a");
        clock.addAndGet(TimeUnit.SECONDS.toNanos(20));
        progress.round();
        progress.round();
        progress.clear();
        progress.begin("b");
        clock.addAndGet(TimeUnit.SECONDS.toNanos(400));
        progress.round();
        progress.round();
        progress.begin("c");
        assertThat(err.toString().lines()).containsExactly("[1/3] a", "[2/3] b; 40 s left", "[3/3] c; 4 min left");
    }

    @Test
    void oneLineOnATerminal() {
        AtomicLong clock = new AtomicLong();
        Progress progress = new Progress(new PrintWriter(err), true, 2, 2, clock::get);
        progress.begin("a");
        clock.addAndGet(TimeUnit.SECONDS.toNanos(1));
        progress.round();
        progress.clear();
        assertThat(err).hasToString("\r\033[K[1/2] a: 0 of 2 rounds\r\033[K[1/2] a: 1 of 2 rounds; 3 s left\r\033[K");
    }
}
