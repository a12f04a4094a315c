package dev.sol.trainer.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.ComputePolicy;
import dev.sol.runtime.Model;
import dev.sol.trainer.cli.Progress;
import dev.sol.trainer.stats.PairedBootstrap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** All policies at all budgets, by each meaning of the knobs, cell by cell; what is in the results already is not measured again. */
final class Experiment {
    /**
     * What is measured.
     *
     * @param families meanings of the knobs
     * @param policies at least one
     * @param budgets net keep rates
     * @param baselines names of {@link Baselines}
     * @param refresh T; 0: never
     * @param timedSteps steps that are timed of each row; 0: none
     */
    record Plan(
            List<Family> families,
            List<ComputePolicy> policies,
            List<Double> budgets,
            Set<String> baselines,
            int refresh,
            int timedSteps) {}

    /** Told what is complete, for printing. */
    interface Listener extends TaskExperiment.Listener {
        void dense(Family family, Row dense);

        void block(Family family, List<Row> rows);
    }

    private final Plan plan;
    private final Model model;
    private final Texts texts;
    private final Protocol protocol;
    private final Bench.Setup bench;
    private final PairedBootstrap bootstrap;
    private final EvalResults results;
    private final Stoppables stoppables;
    private final TokenCosts costs;
    private final StaticSplits splits;
    private final @Nullable TaskExperiment tasks;
    private final boolean text;

    /**
     * @param tasks to be measured, too; null: none
     * @param text whether the text is measured
     */
    Experiment(
            Plan plan,
            Model model,
            Texts texts,
            Protocol protocol,
            Bench.Setup bench,
            PairedBootstrap bootstrap,
            EvalResults results,
            Stoppables stoppables,
            @Nullable TaskExperiment tasks,
            boolean text) {
        this.plan = plan;
        this.model = model;
        this.texts = texts;
        this.protocol = protocol;
        this.bench = bench;
        this.bootstrap = bootstrap;
        this.results = results;
        this.stoppables = stoppables;
        this.tasks = tasks;
        this.text = text;
        this.costs = TokenCosts.of(model.file(), model.info());
        this.splits = new StaticSplits(model, texts.validation(), protocol, bench.threads(), results, stoppables);
    }

    /**
     * Measures what is missing.
     *
     * @return what readers are told beyond rows
     * @throws java.util.concurrent.CancellationException after {@link Stoppables#stop}; what was measured is in the results
     * @throws IOException if quantised models cannot be written
     */
    Details run(Progress progress, Listener listener) throws IOException {
        Details details = new Details();
        expect(progress);
        for (Family family : plan.families()) {
            StaticPath split = plan.baselines().contains(Baselines.STATIC) ? splits.of(family, progress) : null;
            if (text) {
                try (Bench opened = Bench.open(model, family, bench, stoppables)) {
                    family(family, opened, split, progress, listener, details);
                }
            }
            if (tasks != null) {
                tasks.run(family, split, progress, listener);
            }
        }
        return details;
    }

    private List<Passage> passages() {
        return Passage.of(texts.test(), protocol.prefix());
    }

    private void expect(Progress progress) {
        long one = (long) texts.test().size() * protocol.stretch();
        int families = plan.families().size();
        int cells = 0;
        long tokens = 0;
        if (text) {
            int each = 1 + Comparison.matched(plan.baselines()).size();
            int blocks = plan.policies().size() * plan.budgets().size();
            cells += 1 + blocks * (each + Comparison.searches(plan.baselines()).size());
            tokens += one + blocks * (each * one + searched());
            if (plan.baselines().contains(Baselines.QUANTISED)) {
                cells += QuantisedModels.count();
                tokens += QuantisedModels.count() * one;
            }
        }
        if (plan.baselines().contains(Baselines.STATIC)) {
            cells++;
            tokens += splits.tokens();
        }
        if (tasks != null) {
            cells += tasks.cells();
            tokens += tasks.tokens();
        }
        progress.start(families * cells, families * tokens);
    }

    /** Tokens of the searches of one budget. */
    private long searched() {
        return Comparison.searches(plan.baselines()).stream()
                .mapToLong(search -> (long) search.draws() * search.windows(passages()) * protocol.stretch())
                .sum();
    }

    private Comparison comparison(Family family, Bench opened, @Nullable StaticPath split, Progress progress) {
        Comparison.Setup setup =
                new Comparison.Setup(family.name(), plan.baselines(), split, bootstrap, bootstrap.seed());
        return new Comparison(
                setup,
                opened.evaluation(passages(), plan.refresh(), false),
                (policy, realised) -> costs.step(realised, visible(), family.knobs(), policy, plan.refresh()),
                results,
                progress);
    }

    /** Positions that a step sees, on average. */
    private double visible() {
        return protocol.prefix() + (protocol.stretch() + 1) / 2.0;
    }

    private void family(
            Family family,
            Bench opened,
            @Nullable StaticPath split,
            Progress progress,
            Listener listener,
            Details details)
            throws IOException {
        Comparison comparison = comparison(family, opened, split, progress);
        Comparison.Entry unpruned = comparison.dense();
        Row dense = timed(opened, "timing/" + family.name() + "/dense", List.of(unpruned))
                .getFirst();
        keep(dense);
        details.add(dense, unpruned.measured());
        progress.aside(() -> listener.dense(family, dense));
        QuantisedRows quantised = quantised(family, dense.millisPerToken(), progress);
        quantised.own().forEach(this::keep);
        for (ComputePolicy policy : plan.policies()) {
            for (double budget : plan.budgets()) {
                Comparison.Block block = comparison.at(policy, budget);
                String timing = "timing/%s/%s/%s".formatted(family.name(), policy.name(), budget);
                List<Row> rows = new ArrayList<>(timed(opened, timing, block.entries()));
                quantised.atEqualTime(rows.getFirst()).ifPresent(rows::add);
                rows.forEach(this::keep);
                details.searches().addAll(block.searches());
                details.add(rows.getFirst(), block.entries().getFirst().measured());
                progress.aside(() -> listener.block(family, rows));
            }
        }
    }

    private void keep(Row row) {
        results.row(RowJson.of(row));
    }

    /** The rows with what their steps take, all of one block in turns. */
    private List<Row> timed(Bench opened, String id, List<Comparison.Entry> entries) {
        PolicyEvaluation timed =
                plan.timedSteps() == 0 ? null : opened.timed(passages().getFirst(), plan.timedSteps(), plan.refresh());
        if (timed == null) {
            return entries.stream().map(Comparison.Entry::row).toList();
        }
        // Rows that join later are timed among themselves.
        String names = entries.stream()
                .filter(entry -> entry.spender() != null)
                .map(entry -> entry.row().place().name())
                .collect(Collectors.joining("+"));
        JsonNode millis = results.json(id + "/" + names, () -> {
            List<StepTiming.Subject> subjects = new ArrayList<>();
            List<String> timedNames = new ArrayList<>();
            for (Comparison.Entry entry : entries) {
                if (entry.spender() != null) {
                    subjects.add(new StepTiming.Subject(timed, entry.spender()));
                    timedNames.add(entry.row().place().name());
                }
            }
            ObjectNode values = JsonNodeFactory.instance.objectNode();
            List<Double> measured = StepTiming.millisPerToken(subjects, bootstrap.seed());
            for (int i = 0; i < measured.size(); i++) {
                values.put(timedNames.get(i), measured.get(i));
            }
            return values;
        });
        return entries.stream()
                .map(entry -> {
                    JsonNode value = millis.get(entry.row().place().name());
                    return entry.row().withMillis(value == null ? null : value.asDouble());
                })
                .toList();
    }

    private QuantisedRows quantised(Family family, @Nullable Double dense, Progress progress) throws IOException {
        if (!plan.baselines().contains(Baselines.QUANTISED)) {
            return new QuantisedRows(family.name(), List.of(), bootstrap);
        }
        QuantisedModels.Setup setup = new QuantisedModels.Setup(
                model, family, bench, passages(), plan.timedSteps(), bench.threads(), bootstrap.seed(), stoppables);
        return new QuantisedRows(
                family.name(), new QuantisedModels(setup, results, progress).measure(dense, visible()), bootstrap);
    }
}
