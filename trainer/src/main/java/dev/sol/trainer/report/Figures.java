package dev.sol.trainer.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.policy.Axis;
import dev.sol.trainer.stats.Interval;
import dev.sol.trainer.stats.PairedBootstrap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The figures that results have data for, by name. */
final class Figures {
    private static final String QUANTISED = "quantised";

    private final ResultFolder results;
    private final Map<String, JsonNode> dense = new LinkedHashMap<>(); // by family
    private final PairedBootstrap bootstrap;
    private final Map<String, Figure> figures = new LinkedHashMap<>();

    private Figures(ResultFolder results) {
        this.results = results;
        JsonNode settings = results.settings().path("bootstrap");
        this.bootstrap = new PairedBootstrap(
                Math.max(1, settings.path("resamples").asInt(1000)),
                settings.path("confidence").asDouble(.95),
                settings.path("seed").asLong());
        for (JsonNode row : results.rows()) {
            if (row.path("policy").asText().equals("dense")) {
                dense.put(row.path("family").asText(), row);
            }
        }
    }

    static Map<String, Figure> of(ResultFolder results) {
        Figures all = new Figures(results);
        all.fronts();
        all.differences();
        all.times();
        all.adherence();
        all.searches();
        all.classes();
        all.tasks();
        return all.figures;
    }

    private void add(String name, Figure figure) {
        figures.put(name.replaceAll("[^A-Za-z0-9]+", "-").replaceAll("-$", ""), figure);
    }

    private static boolean isPolicy(JsonNode row) {
        return row.path("id").asText().endsWith("/policy");
    }

    private static boolean isWholeText(JsonNode row) {
        return !row.path("policy").asText().startsWith("best-of-");
    }

    private static String family(JsonNode row) {
        return row.path("family").asText();
    }

    /** Loss above dense, windows paired. */
    private Lines.Point aboveDense(JsonNode row, double x) {
        JsonNode base = dense.get(family(row));
        if (base == null) {
            return new Lines.Point(x, Double.NaN, Double.NaN, Double.NaN);
        }
        double[] own = windows(row);
        double[] theirs = windows(base);
        double[] tokens = new double[own.length];
        Arrays.fill(tokens, row.path("tokens").asDouble() / own.length);
        Interval interval = bootstrap.meanDifference(own, theirs, tokens);
        return new Lines.Point(
                x, row.path("nll").asDouble() - base.path("nll").asDouble(), interval.lower(), interval.upper());
    }

    private static double[] windows(JsonNode row) {
        double[] nats = new double[row.path("window_nats").size()];
        for (int i = 0; i < nats.length; i++) {
            nats[i] = row.path("window_nats").path(i).asDouble();
        }
        return nats;
    }

    private List<String> policies() {
        return new ArrayList<>(new TreeSet<>(results.rows().stream()
                .filter(Figures::isPolicy)
                .map(row -> row.path("against").asText())
                .toList()));
    }

    private void fronts() {
        Lines both = new Lines(
                "Fronts: policies, all meanings of the knobs", "net keep rate", "loss above dense, nats per token");
        for (JsonNode row : results.rows()) {
            if (isPolicy(row)) {
                both.add(
                        family(row) + ": " + row.path("policy").asText(),
                        aboveDense(row, row.path("net").asDouble()));
            }
        }
        if (!both.isEmpty()) {
            add("fronts", both.figure("Lower is better. Intervals are of the difference from dense, windows paired."));
        }
        for (String policy : policies()) {
            for (String family : dense.keySet()) {
                Lines lines = new Lines(
                        "%s and its baselines, knobs %s".formatted(policy, family),
                        "net keep rate",
                        "loss above dense, nats per token");
                for (JsonNode row : results.rows()) {
                    if (row.path("against").asText().equals(policy)
                            && family(row).equals(family)
                            && isWholeText(row)
                            && !row.path("id").asText().endsWith(QUANTISED)) {
                        String name = isPolicy(row)
                                ? policy + " (policy)"
                                : row.path("policy").asText();
                        lines.add(name, aboveDense(row, row.path("net").asDouble()));
                    }
                }
                if (!lines.isEmpty()) {
                    add("front-%s-%s".formatted(family, policy), lines.figure("Baselines realise the policy's means."));
                }
            }
        }
    }

    private void differences() {
        for (String policy : policies()) {
            for (String family : dense.keySet()) {
                Lines lines = new Lines(
                        "%s less its baselines, knobs %s".formatted(policy, family),
                        "net keep rate",
                        "policy − baseline, nats per token");
                for (JsonNode row : results.rows()) {
                    JsonNode difference = row.path("policy_minus_this");
                    if (row.path("against").asText().equals(policy)
                            && family(row).equals(family)
                            && !difference.isMissingNode()
                            && !row.path("id").asText().endsWith(QUANTISED)) {
                        lines.add(
                                row.path("policy").asText(),
                                new Lines.Point(
                                        row.path("net").asDouble(),
                                        difference.path("nats").asDouble(),
                                        difference.path("lo").asDouble(),
                                        difference.path("hi").asDouble()));
                    }
                }
                if (!lines.isEmpty()) {
                    add(
                            "difference-%s-%s".formatted(family, policy),
                            lines.figure("Below 0 the policy is better. At equal realised cost, windows paired."));
                }
            }
        }
    }

    private void times() {
        Lines lines = new Lines("Fronts in time", "ms per token", "loss above dense, nats per token");
        for (JsonNode row : results.rows()) {
            boolean smaller = row.path("against").asText().equals(QUANTISED);
            if (row.path("ms_per_token").isNumber() && (isPolicy(row) || smaller)) {
                String name = smaller ? "dense, quantised" : row.path("policy").asText();
                lines.add(
                        family(row) + ": " + name,
                        aboveDense(row, row.path("ms_per_token").asDouble()));
            }
        }
        if (!lines.isEmpty()) {
            add(
                    "times",
                    lines.figure(
                            "A decode step of one sequence that skips, with policy, page summaries and refresh; and"
                                    + " smaller quantisations of the model, dense."));
        }
    }

    private void adherence() {
        Lines lines = new Lines("Budgets: asked for and realised, by axis", "share asked for", "share realised");
        for (JsonNode row : results.rows()) {
            if (isPolicy(row)) {
                for (Axis axis : Axis.values()) {
                    double asked =
                            axis.share(row.path("requested").path(axis.key()).asDouble());
                    double used = axis.share(row.path(axis.key()).asDouble());
                    lines.add(
                            "%s %s: %s"
                                    .formatted(family(row), row.path("policy").asText(), axis.key()),
                            new Lines.Point(asked, used, used, used));
                }
            }
        }
        if (!lines.isEmpty()) {
            add("adherence", lines.figure("On the diagonal a budget is kept exactly."));
        }
    }

    private void searches() {
        Map<String, Map<String, List<Map<String, String>>>> all = new LinkedHashMap<>();
        for (Map<String, String> row : results.searches()) {
            String which = "%s, %s, knobs %s".formatted(row.get("search"), row.get("against"), row.get("family"));
            all.computeIfAbsent(which, _ -> new LinkedHashMap<>())
                    .computeIfAbsent(text(row, "budget"), _ -> new ArrayList<>())
                    .add(row);
        }
        all.forEach((which, budgets) -> {
            Violins violins = new Violins();
            budgets.forEach((budget, rows) -> violins.add(
                    "net " + budget,
                    rows.stream().mapToDouble(row -> number(row, "nll")).toArray(),
                    number(rows.getFirst(), "policy_nll")));
            add(
                    "random-" + which,
                    violins.figure(
                            "Random schedules: " + which,
                            "How all draws are spread, and the policy on the same tokens."));
        });
    }

    private void classes() {
        for (Axis axis : Axis.values()) {
            Map<String, HeatChart> charts = new LinkedHashMap<>();
            for (Map<String, String> row : results.classes()) {
                if (text(row, "axis").equals(axis.key()) && !text(row, "policy").equals("dense")) {
                    String which =
                            "%s at %s, knobs %s".formatted(row.get("policy"), row.get("budget"), row.get("family"));
                    charts.computeIfAbsent(which, _ -> new HeatChart())
                            .add(row.get("by") + ": " + row.get("class"), number(row, "value"), number(row, "count"));
                }
            }
            charts.forEach((which, chart) -> add(
                    "classes-%s-%s".formatted(axis.key(), which),
                    chart.figure(
                            "%s by class of token: %s".formatted(axis.key(), which),
                            "Each row is the histogram of what the tokens of a class were given; the darker, the more of them.",
                            axis.key())));
        }
    }

    private void tasks() {
        Map<String, Lines> charts = new LinkedHashMap<>();
        for (JsonNode row : results.tasks()) {
            Lines lines = charts.computeIfAbsent(
                    row.path("task").asText(),
                    task -> new Lines("Accuracy: " + task, "net keep rate", "share of right answers"));
            String name = isPolicy(row)
                    ? row.path("policy").asText() + " (policy)"
                    : row.path("policy").asText();
            lines.add(
                    family(row) + ": " + name,
                    new Lines.Point(
                            row.path("net").asDouble(),
                            row.path("accuracy").asDouble(),
                            row.path("lo").asDouble(),
                            row.path("hi").asDouble()));
        }
        charts.forEach((task, lines) ->
                add("task-" + task, lines.figure("By likelihood; items drawn anew for the intervals.")));
    }

    private static String text(Map<String, String> row, String column) {
        return row.getOrDefault(column, "");
    }

    private static double number(Map<String, String> row, String column) {
        String text = text(row, column);
        return text.isEmpty() ? Double.NaN : Double.parseDouble(text);
    }
}
