package dev.sol.trainer.eval;

import java.util.Formatter;
import java.util.List;
import java.util.Locale;

/** What {@code sol eval} prints: a block of equal columns for each budget. */
final class EvalTable {
    private static final String COLUMNS = "  %-14s%7s%8s%8s%8s%8s%10s%11s  %-22s%9s%n";

    private EvalTable() {}

    /**
     * One line about the dense model.
     *
     * @param family what the knobs mean
     */
    static String dense(String family, Row dense) {
        Formatter text = new Formatter(Locale.ROOT);
        text.format(
                "%nknobs %s, dense: %d tokens, nll %.4f, ppl %.3f",
                family, dense.mean().tokens(), dense.mean().mean(), dense.mean().value());
        if (dense.millisPerToken() != null) {
            text.format(", %.2f ms/token", dense.millisPerToken());
        }
        return text.format("%n").toString();
    }

    /**
     * The rows of one budget.
     *
     * @param rows the policy first
     * @param percent confidence of the intervals
     */
    static String block(List<Row> rows, int percent) {
        Row policy = rows.getFirst();
        Formatter text = new Formatter(Locale.ROOT);
        text.format(
                "%n%s, budget %.3f: attn %.3f, mlp %.3f, bits %.2f%n",
                policy.policy(),
                policy.budget(),
                policy.requested().attn(),
                policy.requested().mlp(),
                policy.requested().bits());
        text.format(
                COLUMNS,
                "",
                "net",
                "attn",
                "mlp",
                "bits",
                "off by",
                "ppl",
                "policy −",
                percent + "% interval, nats",
                "ms/token");
        rows.forEach(row -> line(row, text));
        if (rows.stream().anyMatch(row -> !row.matched())) {
            text.format("  ! not at the policy's realised means: not compared%n");
        }
        return text.toString();
    }

    private static void line(Row row, Formatter text) {
        Row.Difference difference = row.difference();
        text.format(
                COLUMNS,
                row.policy(),
                format("%.3f", row.realised().net()),
                format("%.3f", row.realised().attn()),
                format("%.3f", row.realised().mlp()),
                format("%.2f", row.realised().bits()),
                format("%.4f", row.distance()) + (row.matched() ? "" : "!"),
                format("%.3f", row.mean().value()),
                difference == null ? "" : format("%+.4f", difference.nats()),
                difference == null
                        ? ""
                        : "%s … %s%s"
                                .formatted(
                                        format("%+.4f", difference.interval().lower()),
                                        format("%+.4f", difference.interval().upper()),
                                        difference.isClear() ? " *" : ""),
                row.millisPerToken() == null ? "" : format("%.2f", row.millisPerToken()));
    }

    private static String format(String pattern, double value) {
        return String.format(Locale.ROOT, pattern, value);
    }
}
