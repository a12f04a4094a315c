package dev.sol.trainer.eval;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Policies;
import dev.sol.trainer.cli.Progress;
import dev.sol.trainer.metrics.WindowLosses;
import dev.sol.trainer.stats.PairedBootstrap;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A policy against {@link Baselines} that realise the same on every axis, on the same windows. For one thread. */
final class Comparison {
    /**
     * What is compared, and how.
     *
     * @param family name of what the knobs mean
     * @param baselines names of {@link Baselines}
     * @param split of {@code static}; null: without it
     * @param bootstrap of the intervals
     * @param seed of the policies' and baselines' random choices
     */
    record Setup(
            String family, Set<String> baselines, @Nullable StaticPath split, PairedBootstrap bootstrap, long seed) {}

    /** What a policy costs per token, by realised means. */
    @FunctionalInterface
    interface Costs {
        TokenCost of(ComputePolicy policy, Budget realised);
    }

    /** A row, who did it, null if nobody could have, and what was found. */
    record Entry(Row row, @Nullable Spender spender, Measured measured) {}

    /** The policy's entry first; what the searches found. */
    record Block(List<Entry> entries, List<Search> searches) {}

    /**
     * What a search found, and what others lose on the same tokens.
     *
     * @param search which
     * @param place of its row
     * @param nats mean loss of every draw
     * @param policy the policy's
     */
    record Search(RandomSearch search, Row.Place place, List<Double> nats, double policy) {}

    private final Setup setup;
    private final PolicyEvaluation evaluation;
    private final Costs costs;
    private final EvalResults results;
    private final Progress progress;

    Comparison(Setup setup, PolicyEvaluation evaluation, Costs costs, EvalResults results, Progress progress) {
        this.setup = setup;
        this.evaluation = evaluation;
        this.costs = costs;
        this.results = results;
        this.progress = progress;
    }

    /** What pruning nothing costs and gives. */
    Entry dense() {
        Spender dense = Spender.of(Policies.byName("dense"), Budget.DENSE);
        Row.Place place = new Row.Place(setup.family(), "dense", 1, "dense");
        Kept kept = cell(place, ActionGrid.defaultGrid(), () -> once(place.id(), dense, _ -> 0));
        return new Entry(row(place, "dense", Budget.DENSE, dense, kept, null, true), dense, kept.measured());
    }

    /** Of these baselines, those that are matched by runs of their own. */
    static List<String> matched(Set<String> baselines) {
        return baselines.stream()
                .filter(name -> !name.equals(Baselines.QUANTISED)
                        && searches(Set.of(name)).isEmpty())
                .toList();
    }

    /** Of these baselines, the searches. */
    static List<RandomSearch> searches(Set<String> baselines) {
        return Stream.of(RandomSearch.FEW, RandomSearch.MANY)
                .filter(search -> baselines.contains(search.name()))
                .toList();
    }

    private List<Passage> searched(RandomSearch search) {
        return evaluation.passages().subList(0, search.windows(evaluation.passages()));
    }

    /**
     * Measures a policy and its baselines.
     *
     * @param net the budget that is asked for
     * @return baselines whose grid has no targets for what the policy realised are left out
     * @throws dev.sol.policy.UnattainableBudgetException if the policy's grid cannot meet the budget
     */
    Block at(ComputePolicy policy, double net) {
        Budget requested = policy.resolve(net);
        Spender spender = Spender.of(policy, requested);
        Row.Place place = place(policy, net, "policy");
        Kept own = cell(
                place,
                policy.grid(),
                () -> once(place.id(), spender, run -> Matching.distance(run.realised(), requested)));
        List<Entry> entries = new ArrayList<>();
        entries.add(new Entry(row(place, policy.name(), requested, spender, own, null, true), spender, own.measured()));

        List<Baseline> baselines = Baselines.of(
                setup.baselines(), own.measured(), evaluation.effectiveSteps(), setup.split(), setup.seed());
        @Nullable Kept mix = null;
        for (Baseline baseline : baselines) {
            if (reaches(baseline.grid(), own.measured().realised())) {
                Row.Place its = place(policy, net, baseline.name());
                Kept kept = matched(its, baseline, own.measured());
                mix = baseline.name().equals(Baselines.RANDOM_MIX) ? kept : mix;
                Spender again = baseline.spender().apply(kept.target());
                entries.add(new Entry(
                        row(
                                its,
                                baseline.name(),
                                requested,
                                again,
                                kept,
                                own.measured().losses(),
                                kept.distance() <= Matching.TOLERANCE),
                        again,
                        kept.measured()));
            }
        }
        List<Search> searches = new ArrayList<>();
        for (RandomSearch search : searches(setup.baselines())) {
            if (mix != null) {
                search(search, place(policy, net, search.name()), requested, own, mix, entries, searches);
            }
        }
        return new Block(entries, searches);
    }

    private Row.Place place(ComputePolicy policy, double net, String name) {
        return new Row.Place(setup.family(), policy.name(), net, name);
    }

    private Kept cell(Row.Place place, ActionGrid grid, Supplier<Kept> measure) {
        if (results.has(place.id())) {
            progress.skip(1, evaluation.tokens());
        }
        return results.cell(place.id(), grid, evaluation.passages(), measure);
    }

    private Kept once(String label, Spender spender, ToDoubleFunction<Measured> distance) {
        progress.begin(label);
        Measured run = evaluation.run(spender, setup.seed(), progress::step);
        progress.end(told(run));
        return new Kept(run, spender.target(), distance.applyAsDouble(run));
    }

    private static String told(Measured run) {
        return String.format(
                Locale.ROOT,
                "net %.3f, ppl %.3f",
                run.realised().net(),
                run.losses().perplexity().value());
    }

    private Kept matched(Row.Place place, Baseline baseline, Measured policy) {
        return cell(place, baseline.grid(), () -> {
            progress.begin(place.id());
            Repeats repeats = new Repeats(baseline);
            Matching matching = baseline.path() == null
                    ? Matching.of(policy.realised(), baseline.first(), baseline.grid(), repeats::measure)
                    : Matching.ofNet(policy.realised().net(), baseline.path(), repeats::measure);
            progress.end(told(matching.measured()));
            return new Kept(matching.measured(), repeats.targetOf(matching.measured()), matching.distance());
        });
    }

    /** The runs of one baseline: all but the first were not foreseen. */
    private final class Repeats {
        private final Baseline baseline;
        private final List<Budget> targets = new ArrayList<>();
        private final List<Measured> runs = new ArrayList<>();

        Repeats(Baseline baseline) {
            this.baseline = baseline;
        }

        Measured measure(Budget target) {
            if (!runs.isEmpty()) {
                progress.expect(evaluation.tokens());
            }
            Measured run = evaluation.run(baseline.spender().apply(target), setup.seed(), progress::step);
            targets.add(target);
            runs.add(run);
            return run;
        }

        Budget targetOf(Measured run) {
            return targets.get(runs.indexOf(run));
        }
    }

    private void search(
            RandomSearch search,
            Row.Place place,
            Budget requested,
            Kept own,
            Kept mix,
            List<Entry> entries,
            List<Search> searches) {
        List<Passage> passages = searched(search);
        ActionGrid grid = own.measured().grid();
        progress.begin(place.id());
        RandomSearch.Found found = search.run(
                place.id(), results, evaluation.on(passages), grid, mix.target(), setup.seed(), progress::step);
        progress.end("best ppl "
                + String.format(Locale.ROOT, "%.3f", Math.exp(found.nats().get(found.best()))));
        WindowLosses policy = own.measured().losses().first(passages.size());
        Budget realised = mix.measured().realised();

        entries.add(new Entry(
                new Row(
                        place,
                        search.name(),
                        requested,
                        realised,
                        mix.distance(),
                        mix.distance() <= Matching.TOLERANCE,
                        found.losses(),
                        Row.interval(found.losses(), setup.bootstrap()),
                        Row.Difference.of(policy, found.losses(), setup.bootstrap()),
                        Row.histogram(mix.measured()),
                        costs.of(Policies.byName("random"), realised),
                        null,
                        0),
                null,
                mix.measured()));
        searches.add(new Search(search, place, found.nats(), policy.perplexity().mean()));
    }

    private Row row(
            Row.Place place,
            String name,
            Budget requested,
            Spender spender,
            Kept kept,
            @Nullable WindowLosses policy,
            boolean matched) {
        WindowLosses losses = kept.measured().losses();
        return new Row(
                place,
                name,
                requested,
                kept.measured().realised(),
                kept.distance(),
                matched,
                losses,
                Row.interval(losses, setup.bootstrap()),
                policy == null || !matched ? null : Row.Difference.of(policy, losses, setup.bootstrap()),
                Row.histogram(kept.measured()),
                costs.of(spender.policies().apply(0), kept.measured().realised()),
                null,
                kept.measured().policyMillis());
    }

    /** Steps use at least what is chosen, so that less than the grid's minimum cannot be met. */
    private static boolean reaches(ActionGrid grid, Budget wanted) {
        for (Axis axis : Axis.values()) {
            double missing = Math.max(grid.minimum(axis) - wanted.get(axis), wanted.get(axis) - grid.maximum(axis));
            if (axis.share(missing) > Matching.TOLERANCE) {
                return false;
            }
        }
        return true;
    }
}
