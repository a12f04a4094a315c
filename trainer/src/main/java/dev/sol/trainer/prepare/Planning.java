package dev.sol.trainer.prepare;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Makes the plans of all layers, some at a time. */
final class Planning {
    private Planning() {}

    /**
     * Makes the plans.
     *
     * @param threads layers at a time; 0: one for each processor
     * @param checkpoint called often, by any thread; may throw to end the work
     * @return by layer
     */
    static List<LayerPlan> run(
            Planner planner, List<GatedMlp> mlps, int threads, Progress progress, Runnable checkpoint) {
        progress.begin("planning", mlps.size());
        int atOnce = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
        try (ExecutorService workers = Executors.newFixedThreadPool(Math.min(atOnce, mlps.size()))) {
            List<Future<LayerPlan>> futures = new ArrayList<>();
            for (int i = 0; i < mlps.size(); i++) {
                int index = i;
                futures.add(workers.submit(() -> {
                    checkpoint.run();
                    LayerPlan plan = planner.plan(mlps.get(index), index, checkpoint);
                    progress.step(1);
                    return plan;
                }));
            }
            List<LayerPlan> plans = new ArrayList<>();
            for (Future<LayerPlan> future : futures) {
                plans.add(get(future, workers));
            }
            progress.end();
            return plans;
        }
    }

    private static LayerPlan get(Future<LayerPlan> future, ExecutorService workers) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            workers.shutdownNow();
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            workers.shutdownNow();
            Thread.currentThread().interrupt();
            CancellationException cancelled = new CancellationException("interrupted");
            cancelled.initCause(e);
            throw cancelled;
        }
    }
}
