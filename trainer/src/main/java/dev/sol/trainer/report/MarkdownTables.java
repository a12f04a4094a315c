package dev.sol.trainer.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The tables of a result folder as Markdown, as {@code docs/results.md} has them: for each meaning of the knobs and each policy a row
 * for each budget and a column for each baseline, with the policy's loss less the baseline's in nats a token and its interval.
 */
final class MarkdownTables {
    private static final String POLICY = "policy"; // the last part of its row's id

    private final StringBuilder text = new StringBuilder();

    private MarkdownTables() {}

    static String of(ResultFolder results) {
        MarkdownTables tables = new MarkdownTables();
        Map<String, List<JsonNode>> families = by("family", results.rows());
        families.forEach((family, rows) -> by("against", rows).forEach((against, compared) -> {
            if (against.equals("dense")) {
                tables.dense(family, compared);
            } else {
                tables.policy("%s, knobs %s".formatted(against, family), compared);
            }
        }));
        by("task", results.tasks()).forEach(tables::task);
        return tables.text.toString();
    }

    private static Map<String, List<JsonNode>> by(String field, List<JsonNode> rows) {
        return rows.stream()
                .collect(Collectors.groupingBy(
                        row -> row.path(field).asText(), LinkedHashMap::new, Collectors.toList()));
    }

    private void dense(String family, List<JsonNode> rows) {
        for (JsonNode row : rows) {
            line("Dense, knobs %s: perplexity %s, %s tokens."
                    .formatted(
                            cell(family),
                            decimals(2, row.path("ppl")),
                            row.path("tokens").asText()));
            line("");
        }
    }

    private void policy(String title, List<JsonNode> rows) {
        Set<String> baselines = rows.stream()
                .map(MarkdownTables::name)
                .filter(name -> !name.equals(POLICY))
                .collect(Collectors.toCollection(LinkedHashSet::new));
        List<String> columns = new ArrayList<>(List.of("net", "κ, ρ, b", "perplexity"));
        baselines.forEach(baseline -> columns.add("− " + baseline));
        heading(title, columns);
        by("budget", rows).forEach((budget, row) -> {
            Map<String, JsonNode> named =
                    row.stream().collect(Collectors.toMap(MarkdownTables::name, one -> one, (first, _) -> first));
            JsonNode policy = named.get(POLICY);
            if (policy == null) {
                return; // not measured yet
            }
            List<String> cells = new ArrayList<>(List.of(
                    budget.replaceFirst("^0\\.", "."),
                    "%s, %s, %s"
                            .formatted(
                                    decimals(2, policy.path("attn")),
                                    decimals(2, policy.path("mlp")),
                                    decimals(1, policy.path("bits"))),
                    decimals(2, policy.path("ppl"))));
            for (String baseline : baselines) {
                JsonNode other = named.get(baseline);
                cells.add(other == null ? "" : difference(baseline, other));
            }
            row(cells);
        });
        line("");
    }

    private void task(String task, List<JsonNode> rows) {
        heading(task, List.of("net", "", "accuracy", "interval", "policy − this"));
        for (JsonNode row : rows) {
            JsonNode difference = row.path("policy_minus_this");
            row(List.of(
                    decimals(2, row.path("net")),
                    cell(row.path("policy").asText()),
                    decimals(3, row.path("accuracy")),
                    "%s to %s".formatted(decimals(3, row.path("lo")), decimals(3, row.path("hi"))),
                    difference.isMissingNode() ? "" : clear(difference, interval(3, "accuracy", difference))));
        }
        line("");
    }

    /** Names what was compared where that depends on the budget, as with the quantisation that takes as long. */
    private static String difference(String baseline, JsonNode row) {
        JsonNode difference = row.path("policy_minus_this");
        if (difference.isMissingNode()) {
            return "";
        }
        String policy = row.path("policy").asText();
        String cell = clear(difference, interval(4, "nats", difference));
        return (policy.equals(baseline) ? "" : cell(policy) + " ")
                + cell
                + (row.path("matched").asBoolean() ? "" : " at other means");
    }

    private static String interval(int decimals, String value, JsonNode difference) {
        return "%s (%s to %s)"
                .formatted(
                        signed(decimals, difference.path(value)),
                        signed(decimals, difference.path("lo")),
                        signed(decimals, difference.path("hi")));
    }

    private static String clear(JsonNode difference, String cell) {
        return difference.path("clear").asBoolean() ? "**" + cell + "**" : cell;
    }

    private static String name(JsonNode row) {
        String id = row.path("id").asText();
        return id.substring(id.lastIndexOf('/') + 1);
    }

    private void heading(String title, List<String> columns) {
        line("**" + cell(title) + "**");
        line("");
        row(columns.stream().map(MarkdownTables::cell).toList());
        line("|" + "---|".repeat(columns.size()));
    }

    private void row(Collection<String> cells) {
        line("| " + String.join(" | ", cells) + " |");
    }

    private void line(String line) {
        text.append(line).append('\n');
    }

    private static String cell(String text) {
        return Page.escaped(text).replace("|", "\\|");
    }

    private static String decimals(int decimals, JsonNode value) {
        return value.isNumber() ? String.format(Locale.ROOT, "%." + decimals + "f", value.asDouble()) : "";
    }

    /** As in the documents: with its sign, and without the zero before the point. */
    private static String signed(int decimals, JsonNode value) {
        String digits = decimals(decimals, value);
        boolean zero = digits.chars().allMatch(c -> c == '-' || c == '.' || c == '0');
        String plain = digits.replace("-", "").replaceFirst("^0\\.", ".");
        return zero ? plain : (digits.startsWith("-") ? "−" : "+") + plain;
    }
}
