package dev.sol.runtime.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.DroppedPages;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.LayerKnobs;
import dev.sol.runtime.MlpCriterion;
import dev.sol.runtime.Model;
import dev.sol.runtime.cli.Interruption;
import dev.sol.runtime.engine.StepCosts;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.ExitCode;

/** Carries a plan out, and prints what comes of it: rows as they are measured, and on Ctrl-C what there is of the current one. */
final class BenchRun {
    private static final int INTERRUPTED = 130;

    private final Plan plan;
    private final Path program;
    private final boolean force;
    private final Optional<Path> file;
    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean terminal;
    private final BenchJson json = new BenchJson();

    /**
     * @param program stock's
     * @param force whether to measure on a busy machine, too
     * @param file for the JSON
     */
    BenchRun(
            Plan plan,
            Path program,
            boolean force,
            Optional<Path> file,
            PrintWriter out,
            PrintWriter err,
            boolean terminal) {
        this.plan = plan;
        this.program = program;
        this.force = force;
        this.file = file;
        this.out = out;
        this.err = err;
        this.terminal = terminal;
    }

    /**
     * @return the exit code
     * @throws BenchException if the machine is busy or too small
     */
    int run() throws InterruptedException {
        Machine machine = Machine.here();
        Footprint.check(plan.name(), plan.memory(), Machine.availableMemory()); // before a disk is filled with it
        double before = Load.isKnown() ? new Quiet.OfMachine(new Load(List.of()), force).first() : Double.NaN;
        Subject subject = plan.source().subject(text -> err.println("bench: " + text));

        try (Contest contest = new Contest(program, subject, plan::context);
                Interruption _ = Interruption.of(contest::cancel)) {
            try {
                Model model = contest.load(plan.terms());
                head(machine, before, Builds.of(program, contest.stock()), subject, model);
                skips(contest.layers());
                write(); // a file that cannot be written is told before hours of measuring
                Quiet quiet = new Quiet.OfMachine(new Load(contest.processes()), force);
                measure(contest, model, quiet);
                return ExitCode.OK;
            } catch (RuntimeException e) {
                if (!contest.isCancelled()) {
                    throw e;
                }
                err.println("bench: interrupted");
                return INTERRUPTED;
            }
        }
    }

    private void head(Machine machine, double before, Builds builds, Subject subject, Model model) {
        KnobOptions knobs = plan.knobs();
        Contest.Terms terms = plan.terms();
        out.println("machine  " + machine);
        out.println(
                Double.isNaN(before)
                        ? "load     not known on this system"
                        : String.format(Locale.ROOT, "load     %.2f processors busy before the start", before));
        out.println("ours     " + builds.ours());
        out.println("stock    " + builds.stock());
        out.println("model    %s (%s), without mmap"
                .formatted(subject.name(), model.info().description()));
        out.println("both     %d %s, KV cache %s, %s"
                        .formatted(
                                terms.threads(),
                                terms.threads() == 1 ? "thread" : "threads",
                                terms.kvType(),
                                plan.rounds() == 1 ? "1 round" : plan.rounds() + " rounds")
                + (terms.keepThreads() ? ", stock's threads are kept" : ""));
        out.println("knobs    attention %s%s%s, %s"
                .formatted(
                        knobs.attention().name().toLowerCase(Locale.ROOT),
                        knobs.attention().hasPages()
                                ? " of pages of %d, chosen %s".formatted(knobs.page(), lowerCase(knobs.choice()))
                                : "",
                        knobs.dropped() == DroppedPages.TAIL ? " with tail" : "",
                        knobs.mlp() == MlpCriterion.NEURON ? "neuron groups of " + knobs.group() : "channels"));
        json.machine(machine);
        json.load(before);
        json.builds(builds);
        json.model(subject.name(), model.info(), subject.synthetic());
        options(json.options());
    }

    /** A type without a fast path is computed densely, whatever the knobs are. */
    private void skips(List<LayerKnobs> layers) {
        long attn = layers.stream().filter(LayerKnobs::attnSkips).count();
        long mlp = layers.stream().filter(LayerKnobs::mlpSkips).count();
        out.println("skips    attention in %d and MLPs in %d of %d layers".formatted(attn, mlp, layers.size()));
        out.println();
        out.print(BenchTable.head());
        out.flush();
        json.skips(attn, mlp, layers.size());
    }

    private static String lowerCase(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private void options(ObjectNode options) {
        options.put("threads", plan.terms().threads())
                .put("stock_keeps_threads", plan.terms().keepThreads())
                .put("kv_type", plan.terms().kvType())
                .put("rounds", plan.rounds())
                .put("steps", plan.steps())
                .put("criterion", plan.knobs().attention().name().toLowerCase(Locale.ROOT))
                .put("choice", lowerCase(plan.knobs().choice()))
                .put("sinks", plan.knobs().sinks())
                .put("window", plan.knobs().window())
                .put("dropped", plan.knobs().dropped().name().toLowerCase(Locale.ROOT))
                .put("page", plan.knobs().page())
                .put("mlp", lowerCase(plan.knobs().mlp()))
                .put("group", plan.knobs().group())
                .put("bits", lowerCase(plan.knobs().bitsSite()))
                .put("execution", plan.context().execution().key())
                .put("force", force);
    }

    private void measure(Contest contest, Model model, Quiet quiet) throws InterruptedException {
        Progress progress = new Progress(err, terminal, plan.cases().size(), plan.rounds(), System::nanoTime);
        Rounds rounds = new Rounds(plan.rounds(), plan.steps(), quiet);
        List<Row> rows = new ArrayList<>();
        for (BenchCase each : plan.cases()) {
            List<Row.Round> done = new ArrayList<>();
            progress.begin(each.name());
            try {
                rounds.run(contest.sides(each), round -> {
                    done.add(round);
                    progress.round();
                });
            } finally {
                progress.clear();
                if (!done.isEmpty()) {
                    rows.add(Row.of(each, done));
                    report(rows.getLast());
                }
            }
        }
        if (plan.cost()) {
            quiet.await();
            StepCosts costs = new StepCosts(model, plan.context(false));
            CostRow.of(costs.measure(contest::isCancelled), rows).ifPresent(this::report);
        }
        out.printf(
                Locale.ROOT,
                "%nothers   used at most %.2f processors in a round%n",
                json.root().path("load").path("others").asDouble());
        out.flush();
    }

    private void report(Row row) {
        out.print(BenchTable.line(row));
        out.flush();
        json.add(row);
        write();
    }

    private void report(CostRow row) {
        out.print(BenchTable.line(row));
        out.flush();
        json.add(row);
        write();
    }

    private void write() {
        file.ifPresent(json::write);
    }
}
