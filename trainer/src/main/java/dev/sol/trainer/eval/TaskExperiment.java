package dev.sol.trainer.eval;

import dev.sol.policy.ComputePolicy;
import dev.sol.runtime.Model;
import dev.sol.trainer.cli.Progress;
import dev.sol.trainer.stats.PairedBootstrap;
import dev.sol.trainer.tasks.TaskScores;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All policies at all budgets on tasks, against baselines that realise the same, item by item. */
final class TaskExperiment {
    /** Told what is complete, for printing. */
    interface Listener {
        void block(Family family, TaskSet task, List<TaskRow> rows);
    }

    private final Experiment.Plan plan;
    private final List<TaskSet> tasks;
    private final Model model;
    private final Bench.Setup bench;
    private final PairedBootstrap bootstrap;
    private final EvalResults results;
    private final Stoppables stoppables;
    private final TokenCosts costs;
    private final Set<String> baselines;

    TaskExperiment(
            Experiment.Plan plan,
            List<TaskSet> tasks,
            Model model,
            Bench.Setup bench,
            PairedBootstrap bootstrap,
            EvalResults results,
            Stoppables stoppables) {
        this.plan = plan;
        this.tasks = tasks;
        this.model = model;
        this.bench = bench;
        this.bootstrap = bootstrap;
        this.results = results;
        this.stoppables = stoppables;
        this.costs = TokenCosts.of(model.file(), model.info());
        this.baselines = new LinkedHashSet<>(Comparison.matched(plan.baselines()));
    }

    /** How many cells of one family there are, for the progress. */
    int cells() {
        return tasks.size() * (1 + plan.policies().size() * plan.budgets().size() * (1 + baselines.size()));
    }

    /** How many tokens of one family, for the progress. */
    long tokens() {
        long each = tasks.stream()
                .flatMap(task -> task.passages().stream())
                .mapToLong(Passage::steps)
                .sum();
        return each * (1 + (long) plan.policies().size() * plan.budgets().size() * (1 + baselines.size()));
    }

    /**
     * Measures what is missing.
     *
     * @param split of {@code static}; null: without it
     */
    void run(Family family, @Nullable StaticPath split, Progress progress, Listener listener) {
        for (TaskSet task : tasks) {
            List<Passage> passages = task.passages();
            Bench.Setup own =
                    new Bench.Setup(task.longest(), passages.size(), bench.threads(), bench.execution(), false);
            try (Bench opened = Bench.open(model, family, own, stoppables)) {
                Comparison.Setup setup = new Comparison.Setup(
                        family.name() + "/" + task.name(), baselines, split, bootstrap, bootstrap.seed());
                double visible = passages.stream()
                        .mapToInt(passage -> passage.tokens().length)
                        .average()
                        .orElse(0);
                Comparison comparison = new Comparison(
                        setup,
                        opened.evaluation(passages, plan.refresh(), true),
                        (policy, realised) -> costs.step(realised, visible, family.knobs(), policy, plan.refresh()),
                        results,
                        progress);
                told(family, task, List.of(comparison.dense()), progress, listener);
                for (ComputePolicy policy : plan.policies()) {
                    for (double budget : plan.budgets()) {
                        told(family, task, comparison.at(policy, budget).entries(), progress, listener);
                    }
                }
            }
        }
    }

    /** @param entries the policy's first */
    private void told(
            Family family, TaskSet task, List<Comparison.Entry> entries, Progress progress, Listener listener) {
        TaskScores policy = task.scores(entries.getFirst().measured());
        List<TaskRow> rows = new ArrayList<>();
        for (Comparison.Entry entry : entries) {
            boolean isCompared = !rows.isEmpty() && entry.row().matched();
            TaskRow row = new TaskRow(
                    task,
                    entry.row(),
                    rows.isEmpty() ? policy : task.scores(entry.measured()),
                    isCompared ? policy : null,
                    bootstrap);
            rows.add(row);
            results.task(row.json(family.name()));
        }
        progress.aside(() -> listener.block(family, task, rows));
    }
}
