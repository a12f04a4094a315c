package dev.sol.runtime.bench;

import java.util.Locale;

/** What {@code sol bench} prints of its rows: lines of equal columns. */
final class BenchTable {
    private static final String COLUMNS = "%-24s%10s%10s%11s  %s%n";

    private BenchTable() {}

    static String head() {
        return String.format(Locale.ROOT, COLUMNS, "case", "stock ms", "ours ms", "ratio", "min to max");
    }

    /** One line. */
    static String line(Row row) {
        boolean ffn = row.of().kind() == BenchCase.Kind.FFN;
        return String.format(
                Locale.ROOT,
                COLUMNS,
                row.of().name(),
                number(row.stock()),
                number(row.ours()),
                String.format(Locale.ROOT, ffn ? "%.3f" : "%.2f×", row.ratio().median()),
                String.format(
                        Locale.ROOT,
                        ffn ? "%.3f to %.3f of stock's FFN" : "%.2f to %.2f",
                        row.ratio().min(),
                        row.ratio().max()));
    }

    /** One line, in the same columns. */
    static String line(CostRow row) {
        return String.format(
                Locale.ROOT,
                COLUMNS,
                CostRow.NAME,
                "",
                number(row.measured()),
                String.format(Locale.ROOT, "%.3f", row.error().median()),
                String.format(
                        Locale.ROOT,
                        "%.3f to %.3f off; predicted %s ms",
                        row.error().min(),
                        row.error().max(),
                        number(row.predicted())));
    }

    private static String number(double millis) {
        return String.format(Locale.ROOT, millis < 10 ? "%.3f" : "%.2f", millis);
    }
}
