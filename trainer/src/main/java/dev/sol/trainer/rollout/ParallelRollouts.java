package dev.sol.trainer.rollout;

import dev.sol.policy.learned.PolicyNetwork;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.Model;
import dev.sol.runtime.cost.CostModel;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Rollouts by several workers, each with a context of its own on one thread: for tiny models, whose operations are too short to be
 * shared by threads, and beside which the policy network, masks and scores weigh. A worker takes the next group of items when it is
 * free. What makes a group depends on the items and on {@link RolloutOptions#lanes} alone, so that trajectories are those of {@link
 * ModelRollouts}, bit for bit, with any number of workers. One caller at a time, {@link #cancel} excepted.
 */
public final class ParallelRollouts implements TimedRollouts {
    private final List<ModelRollouts> workers;
    private final ExecutorService threads;
    private long stepNanos;

    /**
     * @param model stays open as long as this; who made it closes it
     * @param options of each worker, {@link RolloutOptions#threads} aside
     * @param costs of steps, for {@link Trajectory#cost}; null: none
     * @param count of workers, from 1
     */
    ParallelRollouts(Model model, RolloutOptions options, @Nullable CostModel costs, int count) {
        this.workers = IntStream.range(0, count)
                .mapToObj(_ -> new ModelRollouts(model, options.withThreads(1), costs))
                .toList();
        this.threads = Executors.newFixedThreadPool(
                count, Thread.ofPlatform().daemon().name("rollouts-", 0).factory());
    }

    /**
     * What suits the model: with fewer than {@link ContextOptions#SINGLE_THREAD_PARAMETERS} weights {@link RolloutOptions#threads}
     * workers, else one context with as many threads; 0 is the number of processors.
     *
     * @param model stays open as long as this; who made it closes it
     * @param costs of steps, for {@link Trajectory#cost}; null: none
     */
    public static Rollouts open(Model model, RolloutOptions options, @Nullable CostModel costs) {
        return timed(model, options, costs);
    }

    static TimedRollouts timed(Model model, RolloutOptions options, @Nullable CostModel costs) {
        int count =
                options.threads() > 0 ? options.threads() : Runtime.getRuntime().availableProcessors();
        return isTiny(model)
                ? new ParallelRollouts(model, options, costs, count)
                : new ModelRollouts(model, options, costs);
    }

    /** How many of {@code threads} a single context of the model should have. */
    public static int threadsOfOne(Model model, int threads) {
        return isTiny(model) ? 1 : threads;
    }

    private static boolean isTiny(Model model) {
        return model.info().parameters() < ContextOptions.SINGLE_THREAD_PARAMETERS;
    }

    /**
     * {@inheritDoc}
     *
     * <p>It fails as {@link ModelRollouts#run} does, with what the first worker to fail threw; the others end at their next step.
     */
    @Override
    public List<Trajectory> run(List<WorkItem> items, PolicyWeights weights, double temperature, int schedules) {
        ModelRollouts first = workers.getFirst();
        PolicyNetwork network = first.network(weights, schedules);
        Work work = new Work(first.groups(items, schedules), network, temperature, schedules);
        long[] before = workers.stream().mapToLong(ModelRollouts::stepNanos).toArray();
        CompletableFuture<?>[] running = workers.stream()
                .map(worker -> CompletableFuture.runAsync(() -> work.take(worker), threads))
                .toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(running).join();
        // as long as that of the worker that had most to do
        stepNanos += IntStream.range(0, before.length)
                .mapToLong(i -> workers.get(i).stepNanos() - before[i])
                .max()
                .orElseThrow();
        return work.trajectories();
    }

    /** One call: what is left to do, and what came of the rest. */
    private static final class Work {
        private final List<List<WorkItem>> groups;
        private final PolicyNetwork network;
        private final double temperature;
        private final int schedules;
        private final AtomicInteger next = new AtomicInteger();
        private final Map<Integer, List<Trajectory>> results =
                new ConcurrentSkipListMap<>(); // by group, in their order
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

        Work(List<List<WorkItem>> groups, PolicyNetwork network, double temperature, int schedules) {
            this.groups = groups;
            this.network = network;
            this.temperature = temperature;
            this.schedules = schedules;
        }

        /** Groups for a worker, until none is left or one has failed. */
        void take(ModelRollouts worker) {
            try {
                for (int i = next.getAndIncrement(); i < groups.size() && !failed(); i = next.getAndIncrement()) {
                    results.put(i, worker.group(groups.get(i), network, temperature, schedules, this::failed));
                }
            } catch (RuntimeException | Error e) {
                failure.compareAndSet(null, e); // those that it stops fail, too, but later
            }
        }

        private boolean failed() {
            return failure.get() != null;
        }

        List<Trajectory> trajectories() {
            switch (failure.get()) {
                case null -> {}
                case Error e -> throw e;
                case RuntimeException e -> throw e;
                case Throwable e -> throw new IllegalStateException(e);
            }
            return results.values().stream().flatMap(Collection::stream).toList();
        }
    }

    @Override
    public long stepNanos() {
        return stepNanos;
    }

    @Override
    public void cancel() {
        workers.forEach(ModelRollouts::cancel);
    }

    @Override
    public void close() {
        threads.shutdown();
        workers.forEach(ModelRollouts::close);
    }
}
