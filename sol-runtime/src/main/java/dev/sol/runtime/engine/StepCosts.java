package dev.sol.runtime.engine;

import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.EngineException;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.Model;
import dev.sol.runtime.cost.AttendedPositions;
import dev.sol.runtime.cost.Calibration;
import dev.sol.runtime.cost.CostCache;
import dev.sol.runtime.cost.CostModel;
import dev.sol.runtime.cost.CostSample;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a decode step of a model costs on this machine: measured when first asked for, on a context of its own, and kept in the user's
 * cache for the next time. For any thread; whoever comes second waits.
 */
public final class StepCosts {
    private static final Logger log = LoggerFactory.getLogger(StepCosts.class);

    private final Model model;
    private final ContextOptions options;
    private final CostCache cache;
    private @Nullable CostModel known;

    /**
     * For contexts that are made with {@code options}; the user's cache.
     *
     * @param model must be open when this is asked for the first time
     */
    public StepCosts(Model model, ContextOptions options) {
        this(model, options, CostCache.ofUser());
    }

    /** With a cache elsewhere. */
    public StepCosts(Model model, ContextOptions options, CostCache cache) {
        this.model = model;
        this.options = options;
        this.cache = cache;
    }

    /**
     * The costs: known, kept, or measured now.
     *
     * @param cancelled asked before every step
     * @throws CancellationException when {@code cancelled}
     * @throws EngineException if there is not enough memory for the context
     */
    public synchronized CostModel get(BooleanSupplier cancelled) {
        CostModel costs = known;
        if (costs == null) {
            Optional<CostModel> kept = cache.read(CostKey.of(model, options));
            costs = kept.isPresent() ? kept.get() : measure(cancelled);
            known = costs;
        }
        return costs;
    }

    /** Measures anew, whatever is kept, and keeps the result. What else the machine does meanwhile is measured with it. */
    public synchronized CostModel measure(BooleanSupplier cancelled) {
        long start = System.nanoTime();
        List<CostSample> samples;
        int length = InferenceContext.contextLength(options, model.info());
        try (NativeStepTimer timer = new NativeStepTimer(model, options, Calibration.capacity(length))) {
            samples = Calibration.run(timer, cancelled);
        }
        CostModel costs = CostModel.fit(attended(options.knobs()), samples);
        log.info(
                "calibrated in {} ms: {}; median error {} %",
                (System.nanoTime() - start) / 1_000_000, costs, Math.round(100 * costs.error(samples)));
        cache.write(CostKey.of(model, options), costs);
        known = costs;
        return costs;
    }

    private static AttendedPositions attended(KnobOptions knobs) {
        return new AttendedPositions(
                knobs.sinks(), knobs.window(), knobs.attention().hasPages() ? knobs.page() : 1);
    }
}
