package dev.sol.runtime.bench;

import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.LayerKnobs;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Stock and ours with the same model loaded. Of ours there is one context at a time. One thread, but {@link #cancel} is for any.
 */
final class Contest implements AutoCloseable {

    /**
     * What both sides do alike.
     *
     * @param threads of a decode
     * @param keepThreads whether stock's threads stay between decodes
     * @param cells positions that the KV caches hold
     * @param kvType f16 or q8_0
     */
    record Terms(int threads, boolean keepThreads, int cells, String kvType) {}

    /** Makes the options of our contexts. */
    @FunctionalInterface
    interface Options {
        ContextOptions of(boolean predicted);
    }

    private static final int NOT_FILLED = -1;

    private final Subject subject;
    private final Options options;
    private final StockProcess stock;
    private final Optional<StockProcess> bare;
    private final Object lock = new Object();
    private @Nullable Model model;
    private @Nullable OurSide ours; // guarded by lock when written or cancelled
    private boolean oursPredicted;
    private int stockDepth = NOT_FILLED;
    private int oursDepth = NOT_FILLED;
    private boolean cancelled;

    /** Starts the programs; nothing is loaded yet. */
    Contest(Path program, Subject subject, Options options) {
        this.subject = subject;
        this.options = options;
        this.stock = StockProcess.start(program);
        this.bare = subject.bare().map(_ -> StockProcess.start(program));
    }

    StockProcess stock() {
        return stock;
    }

    /** The processes beside this one. */
    List<ProcessHandle> processes() {
        List<ProcessHandle> all = new ArrayList<>(List.of(stock.handle()));
        bare.ifPresent(process -> all.add(process.handle()));
        return all;
    }

    /** Loads the model on all sides. */
    Model load(Terms terms) {
        stock.load(subject.file(), terms.threads(), terms.keepThreads(), terms.cells(), terms.kvType());
        bare.ifPresent(process -> {
            process.load(
                    subject.bare().orElseThrow(), terms.threads(), terms.keepThreads(), terms.cells(), terms.kvType());
            process.fill(0); // FFNs are measured at depth 0
        });
        Model loaded = Model.load(
                subject.file(),
                new ModelOptions(0, false).withPredictor(subject.predictor().orElse(null)));
        model = loaded;
        return loaded;
    }

    /** What our knobs do in each layer of the loaded model. */
    List<LayerKnobs> layers() {
        return ours(false).layers();
    }

    /** Brings all sides to the case's depth. */
    Rounds.Sides sides(BenchCase of) {
        if (stockDepth != of.depth()) {
            stock.fill(of.depth());
            stockDepth = of.depth();
        }
        OurSide side = ours(of.predicted());
        if (oursDepth != of.depth()) {
            side.fill(of.depth());
            oursDepth = of.depth();
        }
        boolean ffn = of.kind() == BenchCase.Kind.FFN;
        return new Rounds.Sides(
                stock::steps,
                n -> side.steps(n, of.action()),
                ffn ? Optional.of(bare.orElseThrow()::steps) : Optional.empty(),
                subject.bareShare());
    }

    private OurSide ours(boolean predicted) {
        OurSide side = ours;
        if (side != null && oursPredicted == predicted) {
            return side;
        }
        Model loaded = model;
        if (loaded == null) {
            throw new IllegalStateException("nothing is loaded");
        }
        synchronized (lock) {
            if (side != null) {
                ours = null;
                side.close();
            }
            side = new OurSide(loaded, options.of(predicted));
            ours = side;
            if (cancelled) {
                side.cancel();
            }
        }
        oursPredicted = predicted;
        oursDepth = NOT_FILLED;
        return side;
    }

    /** Ends what is running, with an exception, and whatever is tried afterwards. */
    void cancel() {
        synchronized (lock) {
            cancelled = true;
            if (ours != null) {
                ours.cancel();
            }
        }
        stock.kill();
        bare.ifPresent(StockProcess::kill);
    }

    /** Whether {@link #cancel} was called: a failure after that is its consequence. */
    boolean isCancelled() {
        synchronized (lock) {
            return cancelled;
        }
    }

    @Override
    public void close() {
        synchronized (lock) {
            if (ours != null) {
                ours.close();
                ours = null;
            }
        }
        if (model != null) {
            model.close();
        }
        stock.close();
        bare.ifPresent(StockProcess::close);
    }
}
