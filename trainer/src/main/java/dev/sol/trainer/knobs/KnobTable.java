package dev.sol.trainer.knobs;

import dev.sol.policy.Axis;
import dev.sol.trainer.metrics.Perplexity;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What {@code sol knobs} prints: lines of equal columns, a block for each knob. */
final class KnobTable {
    private static final String COLUMNS = "  %-18s%7s%10s%9s%9s%11s%10s  %s%n";

    private KnobTable() {}

    /** One line about the dense model. */
    static String dense(Perplexity dense) {
        return String.format(
                Locale.ROOT, "dense: %d tokens, nll %.4f, ppl %.3f%n", dense.tokens(), dense.mean(), dense.value());
    }

    /**
     * A knob's block; empty if nothing is known of it.
     *
     * @param cells all that are wanted; those without results are left out
     * @param remark what all of them share, in a few words; may be empty
     * @param percent confidence of the intervals
     */
    static String block(Axis axis, List<Cell> cells, Results results, String remark, int percent) {
        List<Row> rows =
                cells.stream().map(results::row).flatMap(Optional::stream).toList();
        List<Configuration> unreached = cells.stream()
                .map(Cell::configuration)
                .distinct()
                .filter(results::isUnreached)
                .toList();
        if (rows.isEmpty() && unreached.isEmpty()) {
            return "";
        }
        Formatter text = new Formatter(Locale.ROOT);
        text.format("%n%s%s%n", title(axis), remark.isEmpty() ? "" : ", " + remark);
        if (!rows.isEmpty()) {
            String value = axis == Axis.BITS ? "bits" : "keep";
            text.format(COLUMNS, "", value, "realised", "tokens", "nll", "ppl", "÷ dense", percent + "% interval");
        }
        rows.forEach(row -> line(row, text));
        if (rows.stream().anyMatch(Row::clear)) {
            text.format("  * clear of 1%n");
        }
        unreached.forEach(configuration -> text.format(
                "  %-18s   not measured: the model has no layer that it reaches%n", configuration.variant()));
        return text.toString();
    }

    private static String title(Axis axis) {
        return switch (axis) {
            case ATTN -> "attention";
            case MLP -> "MLP";
            case BITS -> "bits of the MLP";
        };
    }

    private static void line(Row row, Formatter text) {
        boolean bits = row.cell().configuration().axis() == Axis.BITS;
        text.format(
                COLUMNS,
                row.cell().configuration().variant(),
                row.cell().text(),
                String.format(Locale.ROOT, bits ? "%.2f" : "%.4f", row.realised()),
                row.perplexity().tokens(),
                String.format(Locale.ROOT, "%.4f", row.perplexity().mean()),
                String.format(Locale.ROOT, "%.3f", row.perplexity().value()),
                String.format(Locale.ROOT, "%.4f", row.ratio()),
                String.format(
                        Locale.ROOT,
                        "%.4f … %.4f%s",
                        row.interval().lower(),
                        row.interval().upper(),
                        row.clear() ? " *" : ""));
    }
}
