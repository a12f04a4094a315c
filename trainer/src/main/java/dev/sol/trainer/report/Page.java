package dev.sol.trainer.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.policy.Axis;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One HTML page without anything from elsewhere: no scripts, no fonts, no network. */
final class Page {
    private static final String STYLE = """
            :root{color-scheme:light dark;--ink:#1f2328;--paper:#fff;--grid:#d0d7de;--mark:0 114 178}
            @media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--grid:#3d444d;--mark:86 180 233}}
            body{color:var(--ink);background:var(--paper);font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
            figure{margin:2rem 0}svg{width:100%;height:auto;color:var(--ink)}
            .wide{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}
            th,td{padding:.2rem .6rem;border-bottom:1px solid var(--grid);text-align:right;white-space:nowrap}
            th:first-child,td:first-child{text-align:left}
            .text{line-height:2;overflow-wrap:anywhere}.text span{border-bottom:1px solid var(--grid);white-space:pre-wrap}
            """;

    private final StringBuilder html = new StringBuilder();
    private int figures;

    private Page() {}

    static String html(ResultFolder results, Collection<Figure> figures) {
        Page page = new Page();
        String model = results.settings().path("model").path("name").asText("a model");
        page.html
                .append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
                .append(escaped("Evaluation of " + model))
                .append("</title>\n<style>\n")
                .append(STYLE)
                .append("</style>\n</head>\n<body>\n<main>\n<h1>")
                .append(escaped("Evaluation of " + model))
                .append("</h1>\n");
        page.settings(results.settings());
        page.rows(results.rows());
        page.tasks(results.tasks());
        page.html.append("<h2>Figures</h2>\n");
        figures.forEach(page::figure);
        page.texts(results.trace());
        return page.html.append("</main>\n</body>\n</html>\n").toString();
    }

    private void settings(JsonNode settings) {
        html.append("<details><summary>Settings</summary><div class=\"wide\"><table>\n");
        settings.properties()
                .forEach(setting -> html.append("<tr><th scope=\"row\">")
                        .append(escaped(setting.getKey()))
                        .append("</th><td style=\"text-align:left;white-space:normal\">")
                        .append(escaped(
                                setting.getValue().isValueNode()
                                        ? setting.getValue().asText()
                                        : setting.getValue().toString()))
                        .append("</td></tr>\n"));
        html.append("</table></div></details>\n");
    }

    private void rows(List<JsonNode> rows) {
        if (rows.isEmpty()) {
            return;
        }
        html.append("<h2>Perplexity</h2>\n");
        List<String> columns = List.of(
                "knobs",
                "against",
                "row",
                "net",
                "attn",
                "mlp",
                "bits",
                "ppl",
                "95 % interval",
                "policy − this, nats",
                "95 % interval",
                "MFLOP",
                "MB",
                "ms");
        List<List<String>> cells = rows.stream()
                .map(row -> {
                    JsonNode difference = row.path("policy_minus_this");
                    return List.of(
                            row.path("family").asText(),
                            "%s at %s".formatted(row.path("against").asText(), number("%.2f", row.path("budget"))),
                            row.path("policy").asText() + (row.path("matched").asBoolean() ? "" : " (not matched)"),
                            number("%.3f", row.path("net")),
                            number("%.3f", row.path("attn")),
                            number("%.3f", row.path("mlp")),
                            number("%.2f", row.path("bits")),
                            number("%.3f", row.path("ppl")),
                            number("%.3f", row.path("lo")) + " … " + number("%.3f", row.path("hi")),
                            number("%+.4f", difference.path("nats")),
                            difference.isMissingNode()
                                    ? ""
                                    : number("%+.4f", difference.path("lo")) + " … "
                                            + number("%+.4f", difference.path("hi"))
                                            + (difference.path("clear").asBoolean() ? " *" : ""),
                            scaled(row.path("flops_per_token")),
                            scaled(row.path("bytes_per_token")),
                            number("%.3f", row.path("ms_per_token")));
                })
                .toList();
        table("Policies and what realises the same; * clear of 0, negative: the policy is better", columns, cells);
    }

    private void tasks(List<JsonNode> rows) {
        if (rows.isEmpty()) {
            return;
        }
        html.append("<h2>Tasks</h2>\n");
        List<List<String>> cells = rows.stream()
                .map(row -> {
                    JsonNode difference = row.path("policy_minus_this");
                    return List.of(
                            row.path("task").asText(),
                            row.path("family").asText(),
                            "%s at %s".formatted(row.path("against").asText(), number("%.2f", row.path("budget"))),
                            row.path("policy").asText(),
                            number("%.3f", row.path("net")),
                            row.path("items").asText(),
                            number("%.3f", row.path("chance")),
                            number("%.3f", row.path("accuracy")),
                            number("%.3f", row.path("lo")) + " … " + number("%.3f", row.path("hi")),
                            number("%.3f", row.path("accuracy_norm")),
                            number("%+.3f", difference.path("accuracy")),
                            difference.isMissingNode()
                                    ? ""
                                    : number("%+.3f", difference.path("lo")) + " … "
                                            + number("%+.3f", difference.path("hi"))
                                            + (difference.path("clear").asBoolean() ? " *" : ""));
                })
                .toList();
        table(
                "Share of right answers by likelihood, and by likelihood per byte",
                List.of(
                        "task",
                        "knobs",
                        "against",
                        "row",
                        "net",
                        "items",
                        "chance",
                        "accuracy",
                        "95 % interval",
                        "per byte",
                        "policy − this",
                        "95 % interval"),
                cells);
    }

    private void figure(Figure figure) {
        String id = "figure-" + ++figures;
        int end = figure.svg().indexOf('>');
        html.append("<figure>\n")
                .append(figure.svg(), 0, end)
                .append(" role=\"img\" aria-labelledby=\"")
                .append(id)
                .append("\">")
                .append(figure.svg(), end + 1, figure.svg().length())
                .append("\n<figcaption id=\"")
                .append(id)
                .append("\"><strong>")
                .append(escaped(figure.title()))
                .append(".</strong> ")
                .append(escaped(figure.caption()))
                .append("</figcaption>\n<details><summary>As a table</summary>");
        table(figure.title(), figure.columns(), figure.rows());
        html.append("</details>\n</figure>\n");
    }

    private void table(String caption, List<String> columns, List<List<String>> rows) {
        html.append("<div class=\"wide\"><table><caption>")
                .append(escaped(caption))
                .append("</caption><thead><tr>");
        columns.forEach(column ->
                html.append("<th scope=\"col\">").append(escaped(column)).append("</th>"));
        html.append("</tr></thead><tbody>\n");
        for (List<String> row : rows) {
            html.append("<tr>");
            row.forEach(cell -> html.append("<td>").append(escaped(cell)).append("</td>"));
            html.append("</tr>\n");
        }
        html.append("</tbody></table></div>\n");
    }

    /** What each token of the first window was given, for every policy and budget. */
    private void texts(List<Map<String, String>> trace) {
        Map<String, StringBuilder> texts = new LinkedHashMap<>();
        for (Map<String, String> row : trace) {
            for (Axis axis : Axis.values()) {
                String value = row.getOrDefault(axis.key(), "");
                if (row.getOrDefault("policy", "").equals("dense") || value.isEmpty()) {
                    continue;
                }
                String which = "%s at %s, knobs %s: %s"
                        .formatted(row.get("policy"), row.get("budget"), row.get("family"), axis.key());
                double share = axis.share(Double.parseDouble(value));
                texts.computeIfAbsent(which, _ -> new StringBuilder())
                        .append(String.format(
                                Locale.ROOT,
                                "<span style=\"background:rgb(var(--mark) / %.2f)\" title=\"%s %s\">%s</span>",
                                .75 * share,
                                axis.key(),
                                escaped(value),
                                escaped(row.getOrDefault("text", "").replace("\n", "↵"))));
            }
        }
        if (!texts.isEmpty()) {
            html.append("<h2>What each token was given</h2>\n<p>The start of the text; the darker, the more.</p>\n");
        }
        texts.forEach((which, spans) -> html.append("<details><summary>")
                .append(escaped(which))
                .append("</summary><p class=\"text\">")
                .append(spans)
                .append("</p></details>\n"));
    }

    private static String scaled(JsonNode value) {
        return value.isNumber() ? String.format(Locale.ROOT, "%.3f", value.asDouble() / 1e6) : "";
    }

    private static String number(String format, JsonNode value) {
        return value.isNumber() ? String.format(Locale.ROOT, format, value.asDouble()) : "";
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
