package dev.sol.trainer.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sol.runtime.cli.Command;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of a small result folder that was written by hand. */
class ReportTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Command.run(new ReportCommand(), new PrintWriter(out), new PrintWriter(err), arguments);
    }

    private static String row(String family, String against, double budget, String name, String policy, double nll) {
        return String.format(
                Locale.ROOT,
                """
                {"id": "%s/%s/%s/%s", "family": "%s", "against": "%s", "policy": "%s", "budget": %s, "net": %s,
                 "attn": %s, "mlp": %s, "bits": %s, "nll": %s, "ppl": %s, "lo": 2, "hi": 9, "tokens": 20,
                 "ms_per_token": %s, "flops_per_token": 1000000, "bytes_per_token": 2000000, "matched": true,
                 "requested": {"attn": %s, "mlp": %s, "bits": %s}, "window_nats": [%s, %s]%s}""",
                family,
                against,
                budget,
                name,
                family,
                against,
                policy,
                budget,
                budget,
                budget,
                budget,
                16 * budget,
                nll,
                Math.exp(nll),
                budget,
                budget,
                budget,
                16 * budget,
                10 * nll - 1,
                10 * nll + 1,
                name.equals("fixed")
                        ? ", \"policy_minus_this\": {\"nats\": -0.1, \"lo\": -0.2, \"hi\": -0.05, \"clear\": true}"
                        : "");
    }

    private void write() throws IOException {
        StringBuilder rows = new StringBuilder();
        for (String family : new String[] {"paper", "ours"}) {
            rows.append(row(family, "dense", 1, "dense", "dense", 1.5)).append(",\n");
            for (double budget : new double[] {.4, .8}) {
                rows.append(row(family, "<best> & own", budget, "policy", "<best> & own", 2 - budget / 2))
                        .append(",\n");
                rows.append(row(family, "<best> & own", budget, "fixed", "fixed", 2.1 - budget / 2))
                        .append(",\n");
            }
        }
        Files.writeString(folder.resolve("results.json"), """
                {"format": "sol-eval-2", "settings": {"model": {"name": "tiny"}, "windows": 2,
                  "bootstrap": {"resamples": 100, "confidence": 0.95, "seed": 0}},
                 "rows": [%s],
                 "tasks": [{"id": "a/policy", "task": "arc", "family": "ours", "against": "p", "policy": "p", "budget": 0.5, "net": 0.5,
                   "items": 4, "chance": 0.25, "accuracy": 0.5, "lo": 0.25, "hi": 1, "accuracy_norm": 0.75}]}
                """.formatted(rows.substring(0, rows.length() - 2)));
        StringBuilder searches = new StringBuilder("family,against,budget,search,draw,nll,policy_nll\n");
        for (int i = 0; i < 30; i++) {
            searches.append("ours,p,0.4,best-of-30,%d,%s,1.9%n".formatted(i, 2 + i / 100.0));
        }
        Files.writeString(folder.resolve("searches.csv"), searches);
        Files.writeString(folder.resolve("trace.csv"), """
                family,policy,budget,step,token,text,attn,mlp,bits,nll
                ours,p,0.4,0,7," <b>",0.25,0.5,8,1.5
                ours,p,0.4,1,8,"\n",,,,1.5
                """);
        Files.writeString(folder.resolve("classes.csv"), """
                family,policy,budget,by,class,axis,value,count,class_tokens,class_nll
                ours,p,0.4,form,number,attn,0.25,3,4,1
                ours,p,0.4,form,number,attn,0.5,1,4,1
                ours,p,0.4,form,space,attn,0.5,2,2,1
                """);
    }

    @Test
    void everyFigureIsThereAndNothingFromElsewhere() throws Exception {
        write();
        Path figures = folder.resolve("figures");
        assertThat(run(folder.toString(), "--figures", figures.toString()))
                .as(err.toString())
                .isZero();

        String page = Files.readString(folder.resolve("report.html"));
        assertThat(page)
                .startsWith("<!doctype html>")
                .contains("Fronts: policies", "ours: &lt;best&gt; &amp; own", "Accuracy: arc", "Budgets: asked for")
                .contains("Random schedules: best-of-30", "attn by class of token", "&lt;b&gt;")
                .contains("prefers-color-scheme:dark", "role=\"img\"", "aria-labelledby=\"figure-1\"", "currentColor")
                .doesNotContain("<script", "src=", "@import", "<best>", "rgb(1,2,3)", "#010203");
        assertThat(page.replace("http://www.w3.org/", "")).doesNotContain("http://", "https://");
        try (Stream<Path> files = Files.list(figures)) {
            assertThat(files.map(file -> file.getFileName().toString()).sorted())
                    .contains(
                            "fronts.svg",
                            "adherence.svg",
                            "times.svg",
                            "task-arc.svg",
                            "random-best-of-30-p-knobs-ours.svg")
                    .contains("front-ours-best-own.svg", "difference-paper-best-own.svg");
        }
        String svg = Files.readString(figures.resolve("fronts.svg"));
        DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
        assertThat(svg).contains("net keep rate", "loss above dense");
    }

    @Test
    void tablesAsMarkdown() throws IOException {
        write();
        Path file = folder.resolve("new").resolve("tables.md");
        assertThat(run(folder.toString(), "--markdown", file.toString()))
                .as(err.toString())
                .isZero();
        assertThat(Files.readString(file))
                .contains("Dense, knobs ours: perplexity 4.48, 20 tokens.")
                .contains("""
                        **&lt;best&gt; &amp; own, knobs ours**

                        | net | κ, ρ, b | perplexity | − fixed |
                        |---|---|---|---|
                        | .4 | 0.40, 0.40, 6.4 | 6.05 | **−.1000 (−.2000 to −.0500)** |
                        | .8 | 0.80, 0.80, 12.8 | 4.95 | **−.1000 (−.2000 to −.0500)** |
                        """)
                .contains("""
                        **arc**

                        | net |  | accuracy | interval | policy − this |
                        |---|---|---|---|---|
                        | 0.50 | p | 0.500 | 0.250 to 1.000 |  |
                        """);
    }

    @Test
    void whatIsNoResultFolderIsRefused() throws IOException {
        assertThat(run(folder.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("there is no", "results.json");
        Files.writeString(folder.resolve("results.json"), "{\"format\": \"other\"}");
        assertThat(run(folder.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("no results of this version");
    }

    /** A colour that comes again is told apart on the curve and in the legend, where a broken line shows gaps. */
    @Test
    void linesOfOneColour() {
        Lines lines = new Lines("title", "x", "y");
        for (int i = 0; i <= SvgChart.COLOURS.length; i++) {
            lines.add("series " + i, new Lines.Point(0, i, i - .1, i + .1));
            lines.add("series " + i, new Lines.Point(1, i, i - .1, i + .1));
        }
        String svg = lines.figure("caption").svg();
        assertThat(Pattern.compile("stroke-dasharray:\\s*6(\\.0)?,\\s*5")
                        .matcher(svg)
                        .results())
                .as(svg)
                .hasSize(2);
    }

    /** By hand: the density of two points at their middle, and of one at itself. */
    @Test
    void densities() {
        assertThat(Violins.density(new double[] {0}, 0, 2)).isCloseTo(.19947114, within(1e-8));
        assertThat(Violins.density(new double[] {-1, 1}, 0, 1)).isCloseTo(.24197072, within(1e-8));
        assertThat(Violins.bandwidth(new double[] {1, 2, 3})).isCloseTo(1.06 * Math.pow(3, -.2), within(1e-12));
    }
}
