package dev.sol.trainer.eval;

import java.util.Formatter;
import java.util.List;
import java.util.Locale;

/** What {@code sol eval} prints of tasks: a block for each task, policy and budget. */
final class TaskTable {
    private TaskTable() {}

    /** @param rows the policy's, or that of dense, first */
    static String block(Family family, TaskSet task, List<TaskRow> rows) {
        TaskRow first = rows.getFirst();
        Formatter text = new Formatter(Locale.ROOT);
        text.format(
                "%n%s, knobs %s, %s at %.2f: %d items, chance %.3f",
                task.name(),
                family.name(),
                first.row().policy(),
                first.row().budget(),
                first.scores().items().length,
                task.questions().task().chance());
        if (task.questions().wanted() > 0) {
            text.format(
                    ", %.1f of %.1f shots fit",
                    task.questions().shots(), task.questions().wanted());
        }
        if (task.questions().truncated() + task.questions().skipped() > 0) {
            text.format(
                    ", context cut in %d, %d left out as too long",
                    task.questions().truncated(), task.questions().skipped());
        }
        text.format(
                "%n  %-14s%7s%10s%18s%10s%10s  %s%n",
                "", "net", "accuracy", "95% interval", "per byte", "policy −", "95% interval");
        for (TaskRow row : rows) {
            TaskRow.Difference difference = row.difference();
            text.format(
                    "  %-14s%7.3f%10.3f%18s%10.3f%10s  %s%n",
                    row.row().policy(),
                    row.row().realised().net(),
                    row.scores().accuracy(),
                    "%.3f … %.3f"
                            .formatted(row.interval().lower(), row.interval().upper()),
                    row.scores().normalisedAccuracy(),
                    difference == null ? "" : "%+.3f".formatted(difference.accuracy()),
                    difference == null
                            ? row.row().matched() ? "" : "! other realised means: not compared"
                            : "%+.3f … %+.3f%s"
                                    .formatted(
                                            difference.interval().lower(),
                                            difference.interval().upper(),
                                            difference.isClear() ? " *" : ""));
        }
        return text.toString();
    }
}
