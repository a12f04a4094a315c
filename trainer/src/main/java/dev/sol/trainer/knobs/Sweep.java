package dev.sol.trainer.knobs;

import dev.sol.policy.Action;
import dev.sol.policy.Axis;
import dev.sol.runtime.KnobOptions;
import dev.sol.trainer.cli.Progress;
import dev.sol.trainer.metrics.TeacherForcing;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Measures what of a grid has not been measured yet: dense first, then configuration by configuration, each in a context of its
 * own.
 *
 * @param tokens that one cell scores
 */
record Sweep(Grid grid, Laboratory laboratory, Results results, long tokens) {

    /** Told what is complete, for printing. */
    interface Listener {
        /** Dense is in the results. */
        void dense();

        /** All that can be had of a knob is in the results; after a failure that may be a part. */
        void block(Axis axis);
    }

    /** @throws java.util.concurrent.CancellationException when it was interrupted; what was measured is in the results */
    void run(Progress progress, Listener listener) {
        int cells = (int) grid.cells().stream().filter(this::isMissing).count();
        boolean needsDense = results.dense().isEmpty();
        progress.start(cells + (needsDense ? 1 : 0), (cells + (needsDense ? 1 : 0)) * tokens);
        if (needsDense) {
            dense(progress);
        }
        progress.aside(listener::dense);
        for (Axis axis : Axis.values()) {
            if (grid.of(axis).isEmpty()) {
                continue;
            }
            try {
                configurations(axis).forEach((configuration, missing) -> measure(configuration, missing, progress));
            } finally {
                progress.aside(() -> listener.block(axis));
            }
        }
    }

    private boolean isMissing(Cell cell) {
        return results.row(cell).isEmpty();
    }

    private void dense(Progress progress) {
        progress.begin("dense");
        try (Laboratory.Bench bench = laboratory.open(KnobOptions.DEFAULT)) {
            results.setDense(bench.measure(Action.DENSE, progress::step).losses());
        }
        progress.end(String.format(
                Locale.ROOT,
                "ppl %.3f",
                results.dense().orElseThrow().perplexity().value()));
    }

    private Map<Configuration, List<Cell>> configurations(Axis axis) {
        return grid.of(axis).stream()
                .filter(this::isMissing)
                .collect(Collectors.groupingBy(Cell::configuration, LinkedHashMap::new, Collectors.toList()));
    }

    private void measure(Configuration configuration, List<Cell> cells, Progress progress) {
        try (Laboratory.Bench bench = laboratory.open(configuration.knobs())) {
            if (!bench.reaches(configuration.axis())) {
                results.addUnreached(configuration);
                progress.skip(cells.size(), cells.size() * tokens);
                return;
            }
            for (Cell cell : cells) {
                progress.begin(cell.id());
                TeacherForcing.Result result = bench.measure(cell.action(), progress::step);
                Row row = results.add(cell, realised(cell, result), result.losses());
                progress.end(String.format(
                        Locale.ROOT, "ppl %.3f, ÷ dense %.4f", row.perplexity().value(), row.ratio()));
            }
        }
    }

    /** Every token is rounded to the bits that it was given; there is nothing to count. */
    private static double realised(Cell cell, TeacherForcing.Result result) {
        return switch (cell.configuration().axis()) {
            case ATTN -> result.spent().attn();
            case MLP -> result.spent().mlp();
            case BITS -> cell.value();
        };
    }
}
