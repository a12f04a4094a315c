package dev.sol.trainer.rollout;

import dev.sol.policy.ComputePolicy;
import dev.sol.policy.learned.PolicyNetwork;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.KnobReach;
import dev.sol.runtime.LogProbabilities;
import dev.sol.runtime.Model;
import dev.sol.runtime.cost.CostModel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Rollouts on a language model. The prefix of an item is decoded once, densely; its schedules are sequences that share the prefix's
 * keys and values, and take each step in one batch, together with those of other items ({@link RolloutOptions#lanes}). More
 * schedules than fit are split evenly.
 *
 * <p>What the policy sees and is charged is what a server would show and charge it ({@link dev.sol.runtime.PolicyRun}), for the same
 * tokens and actions: equal bits where the shape of the batch is the same, that is with one schedule and {@code lanes} 1. In larger
 * batches llama.cpp sums in another order, so that hidden states differ in their last bits; all else is the same unless a state's
 * last bits decide between two neurons or pages. An action is drawn by (item, schedule, step).
 *
 * <p>An item's trajectory does not depend on the items beside it where llama.cpp's arithmetic for a token does not: on CPUs, with F16,
 * BF16 and F32 weights and fewer than 64 lanes. One thread at a time, {@link #cancel} excepted.
 */
public final class ModelRollouts implements TimedRollouts {
    private final Model model;
    private final RolloutOptions options;
    private final @Nullable CostModel costs;
    private final Object lock = new Object();
    private @Nullable InferenceContext context; // guarded by `lock` for whoever cancels
    private volatile boolean cancelled;
    private long stepNanos;

    /**
     * @param model stays open as long as this; who made it closes it
     * @param costs of steps, for {@link Trajectory#cost}; null: none
     */
    public ModelRollouts(Model model, RolloutOptions options, @Nullable CostModel costs) {
        this.model = model;
        this.options = options;
        this.costs = costs;
    }

    /**
     * {@inheritDoc}
     *
     * @throws dev.sol.runtime.RequestException if an item does not fit the model's context
     * @throws IllegalArgumentException if the policy is for another hidden size, or a token does not exist
     * @throws dev.sol.runtime.ModelException if the logits are not finite
     */
    @Override
    public List<Trajectory> run(List<WorkItem> items, PolicyWeights weights, double temperature, int schedules) {
        checkCancelled();
        PolicyNetwork network = network(weights, schedules);
        List<Trajectory> trajectories = new ArrayList<>();
        for (List<WorkItem> group : groups(items, schedules)) {
            trajectories.addAll(group(group, network, temperature, schedules, () -> false));
        }
        return trajectories;
    }

    /**
     * The policy at work.
     *
     * @throws IllegalArgumentException if it is for another hidden size, or there are no schedules
     */
    PolicyNetwork network(PolicyWeights weights, int schedules) {
        PolicySpec spec = weights.spec();
        if (spec.embedding() != model.info().embeddingLength()) {
            throw new IllegalArgumentException("the policy reads hidden states of %d values, but the model's have %d"
                    .formatted(spec.embedding(), model.info().embeddingLength()));
        }
        if (schedules < 1) {
            throw new IllegalArgumentException("there must be at least 1 schedule, not " + schedules);
        }
        return new PolicyNetwork(weights);
    }

    /** Items in their order, in groups with equally many steps, as large as lanes allow. */
    List<List<WorkItem>> groups(List<WorkItem> items, int schedules) {
        int together = Math.max(1, options.lanes() / schedules);
        List<List<WorkItem>> groups = new ArrayList<>();
        for (int first = 0; first < items.size(); ) {
            int end = first + 1;
            while (end < items.size()
                    && end - first < together
                    && items.get(end).steps() == items.get(first).steps()) {
                end++;
            }
            groups.add(items.subList(first, end));
            first = end;
        }
        return groups;
    }

    /**
     * Items with equally many steps, whose schedules are decoded together.
     *
     * @param stopped whether nobody wants the result any more
     * @throws CancellationException if so
     */
    List<Trajectory> group(
            List<WorkItem> items, PolicyNetwork network, double temperature, int schedules, BooleanSupplier stopped) {
        BooleanSupplier ends = () -> cancelled || stopped.getAsBoolean();
        InferenceContext own = context(items, schedules);
        int steps = items.getFirst().steps();
        try (Reference reference = new Reference(items.size() * steps)) {
            List<Prefix> prefixes = new ArrayList<>();
            List<Tape> tapes = new ArrayList<>();
            for (int i = 0; i < items.size(); i++) {
                if (ends.getAsBoolean()) {
                    throw cancellation();
                }
                prefixes.add(Prefix.decode(own, items.get(i), reference.table, i * steps));
                tapes.add(new Tape(items.get(i), schedules, network.spec(), options.reward(), costs != null));
            }
            Episode episode = new Episode(model, own, network, temperature, ends, reference.table, costs);
            int parts = Math.ceilDiv(schedules, Math.min(schedules, options.lanes()));
            for (int part = 0; part < parts; part++) {
                int from = (int) ((long) schedules * part / parts);
                int to = (int) ((long) schedules * (part + 1) / parts);
                stepNanos += run(episode, own, network.spec(), prefixes, tapes, from, to);
            }
            List<Trajectory> trajectories = new ArrayList<>();
            for (int i = 0; i < items.size(); i++) {
                trajectories.add(tapes.get(i).trajectory(prefixes.get(i).dense()));
            }
            return trajectories;
        }
    }

    /** Schedules {@code from} … {@code to} − 1 of each item. */
    private static long run(
            Episode episode,
            InferenceContext own,
            PolicySpec spec,
            List<Prefix> prefixes,
            List<Tape> tapes,
            int from,
            int to) {
        KnobReach reach = KnobReach.of(own.layers());
        ComputePolicy observer = Lane.observer(spec);
        List<Lane> lanes = new ArrayList<>();
        List<Tape> written = new ArrayList<>();
        int n = to - from;
        int[] rows = new int[prefixes.size() * n];
        for (int i = 0; i < prefixes.size(); i++) {
            for (int k = from; k < to; k++) {
                rows[lanes.size()] = i * prefixes.get(i).item().steps();
                lanes.add(new Lane(own, prefixes.get(i), k, observer, reach));
                written.add(tapes.get(i));
            }
        }
        return episode.run(lanes, written, rows);
    }

    /** The dense distributions, if the reward compares with them. */
    private final class Reference implements AutoCloseable {
        private final @Nullable LogProbabilities table;

        Reference(int rows) {
            table = options.reward() == Reward.KL ? model.newLogProbabilities(rows) : null;
        }

        @Override
        public void close() {
            if (table != null) {
                table.close();
            }
        }
    }

    /** The context, made anew if the last one is too small. */
    private InferenceContext context(List<WorkItem> items, int schedules) {
        int lanes = Math.min(schedules, options.lanes()) * items.size();
        int length = 0;
        int cells = 0;
        for (WorkItem item : items) {
            length = Math.max(length, item.tokens().length - 1);
            cells += item.prefix() + item.steps() * (lanes / items.size());
        }
        InferenceContext old = context;
        if (old != null
                && old.contextLength() >= length
                && old.options().cells() >= cells
                && old.options().maxSequences() >= lanes) {
            return old;
        }
        if (old != null) {
            length = Math.max(length, old.contextLength());
            cells = Math.max(cells, old.options().cells());
            lanes = Math.max(lanes, old.options().maxSequences());
            setContext(null);
            old.close();
        }
        InferenceContext fresh = model.newContext(ContextOptions.DEFAULT
                .withContextLength(length)
                .withCells(cells)
                .withMaxSequences(lanes)
                .withThreads(options.threads())
                .withKnobs(options.knobs())
                .withExecution(options.execution()));
        setContext(fresh);
        return fresh;
    }

    @Override
    public long stepNanos() {
        return stepNanos;
    }

    private void setContext(@Nullable InferenceContext value) {
        synchronized (lock) {
            context = value;
            if (value != null && cancelled) {
                value.cancel();
            }
        }
    }

    private void checkCancelled() {
        if (cancelled) {
            throw cancellation();
        }
    }

    static CancellationException cancellation() {
        return new CancellationException("the rollouts were cancelled");
    }

    @Override
    public void cancel() {
        synchronized (lock) {
            cancelled = true;
            if (context != null) {
                context.cancel();
            }
        }
    }

    @Override
    public void close() {
        InferenceContext own = context;
        setContext(null);
        if (own != null) {
            own.close();
        }
    }
}
