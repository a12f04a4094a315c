package dev.sol.trainer.prepare;

import dev.sol.policy.Action;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.MlpGate;
import dev.sol.runtime.Model;
import dev.sol.trainer.metrics.TeacherForcing;
import dev.sol.trainer.metrics.WindowLosses;
import dev.sol.trainer.stats.Interval;
import dev.sol.trainer.stats.PairedBootstrap;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The perplexity of a text for each size of units and each share ρ that is kept, against the dense original: {@link TeacherForcing} over
 * windows whose first eighth is dense and not scored.
 */
final class Evaluation {
    private static final int[] GROUPS = {1, NeuronOrder.SMALL, NeuronOrder.LARGE};
    private static final double[] SHARES = {.75, .5, .25};

    /** A prefix of a window is this part of it. */
    private static final int PREFIX_PART = 8;

    private final List<int[]> windows;
    private final int window;
    private final int threads;
    private final PairedBootstrap bootstrap;
    private final Progress progress;
    private final Cancellation cancellation;

    Evaluation(
            List<int[]> windows, int threads, PairedBootstrap bootstrap, Progress progress, Cancellation cancellation) {
        this.windows = windows;
        this.window = windows.getFirst().length;
        this.threads = threads;
        this.bootstrap = bootstrap;
        this.progress = progress;
        this.cancellation = cancellation;
    }

    /** Windows of {@code length} tokens that have so many scored ones. */
    static int windows(long tokens, int length) {
        return (int) Math.ceilDiv(tokens, scored(length));
    }

    private static int prefix(int length) {
        return Math.max(KnobOptions.DEFAULT.forcedPositions(), length / PREFIX_PART);
    }

    /** The last token of a window is a label only. */
    private static int scored(int length) {
        return length - prefix(length) - 1;
    }

    /**
     * The losses of one model.
     *
     * @param label what the rows are called
     * @param dense without knobs
     * @param rows for each size of units
     */
    record Losses(String label, WindowLosses dense, List<Row> rows) {}

    /**
     * One size of units.
     *
     * @param losses for each of the shares
     */
    record Row(int group, List<WindowLosses> losses) {}

    /** Measures a model with its exact gates, or, with those of the predictor it was loaded with, in units of one size. */
    Losses measure(String label, Model model, MlpGate gate, int predictedGroup) {
        int[] groups = gate == MlpGate.PREDICTED ? new int[] {predictedGroup} : GROUPS;
        progress.begin("perplexity, " + label, (1.0 + groups.length * SHARES.length) * windows.size() * scored(window));
        WindowLosses dense = score(model, KnobOptions.DEFAULT.withGroup(1), Action.DENSE);
        List<Row> rows = new ArrayList<>();
        for (int group : groups) {
            KnobOptions knobs = KnobOptions.DEFAULT.withGroup(group).withGate(gate);
            List<WindowLosses> losses = new ArrayList<>();
            for (double share : SHARES) {
                losses.add(score(model, knobs, new Action(1, share, Action.DENSE.actBits())));
            }
            rows.add(new Row(group, losses));
        }
        progress.end();
        return new Losses(label, dense, rows);
    }

    private WindowLosses score(Model model, KnobOptions knobs, Action action) {
        cancellation.check();
        try (TeacherForcing forcing = TeacherForcing.open(model, window, prefix(window), threads, knobs)) {
            cancellation.use(forcing::cancel);
            return forcing.score(windows, action, progress::step).losses();
        } finally {
            cancellation.use(null);
        }
    }

    /** What was measured, as a table; ratios to the first's dense perplexity, each with its interval. */
    String table(List<Losses> measured) {
        WindowLosses baseline = measured.getFirst().dense();
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add(String.format(
                Locale.ROOT,
                "perplexity of %d tokens ÷ dense, %.3f, with the %.0f%% interval",
                baseline.perplexity().tokens(),
                baseline.perplexity().value(),
                100 * bootstrap.confidence()));
        StringBuilder head = new StringBuilder("%-30s".formatted(""));
        for (double share : SHARES) {
            head.append("ρ = %-20s".formatted(share));
        }
        lines.add(head.toString());
        for (Losses losses : measured) {
            double dense =
                    losses.dense().perplexity().value() / baseline.perplexity().value();
            lines.add(String.format(Locale.ROOT, "%-30s%.6f", losses.label() + ", dense", dense));
            for (Row row : losses.rows()) {
                StringBuilder line =
                        new StringBuilder("%-30s".formatted("%s, g = %d".formatted(losses.label(), row.group())));
                row.losses().forEach(loss -> line.append("%-24s".formatted(ratio(loss, baseline))));
                lines.add(line.toString());
            }
        }
        return lines.stream().map(String::stripTrailing).collect(Collectors.joining("\n", "", "\n"));
    }

    private String ratio(WindowLosses losses, WindowLosses baseline) {
        double[] tokens = losses.tokens();
        Interval interval =
                bootstrap.meanDifference(losses.nats(), baseline.nats(), tokens).map(Math::exp);
        return String.format(
                Locale.ROOT,
                "%.4f (%.4f–%.4f)",
                losses.perplexity().value() / baseline.perplexity().value(),
                interval.lower(),
                interval.upper());
    }
}
