package dev.sol.runtime.bench;

import dev.sol.policy.Action;
import dev.sol.runtime.Batch;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.Execution;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.Sampler;
import dev.sol.runtime.SamplingOptions;
import dev.sol.runtime.UserCache;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a decode step costs beside llama.cpp's computation: the parts that this library adds or calls for each token. One thread, a
 * random model of one layer with the hidden size and the vocabulary of a Llama 3.2 1B.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 3,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Dslf4j.internal.verbosity=ERROR"})
public class JavaCosts {
    private static final int BATCH = 32;
    private static final int EMBEDDING = 2048;
    private static final int CONTEXT = 64;
    /** Tokens; sampling walks all of them. */
    @Param("128256")
    private int vocabulary;

    private Model model;
    private InferenceContext context;
    private Sampler greedy;
    private Sampler chain;
    private float[] hidden;
    private float[] logits;
    private Action[] actions;

    /** For JMH. */
    public JavaCosts() {}

    /** One token is decoded, whose results are then read. */
    @Setup(Level.Trial)
    public void open() {
        Shape shape = new Shape("jmh-" + vocabulary, 1, EMBEDDING, 256, 32, 8, 64, vocabulary, CONTEXT, true);
        model = Model.load(
                SyntheticFile.model(shape, WeightType.Q4_0).make(UserCache.folder("bench")),
                new ModelOptions(0, false));
        context = model.newContext(ContextOptions.DEFAULT
                .withContextLength(CONTEXT)
                .withBatchSize(BATCH, BATCH)
                .withThreads(1)
                .withExecution(Execution.SKIP));
        context.batch().add(1, 0, 0, true, new Action(.5, .5, 16));
        context.decode();
        greedy = new Sampler(model, SamplingOptions.GREEDY, false, CONTEXT);
        chain = new Sampler(model, SamplingOptions.DEFAULT.withSeed(1), false, CONTEXT);
        hidden = new float[context.embeddingLength()];
        logits = new float[context.vocabularySize()];
        actions = new Action[BATCH];
        for (int i = 0; i < BATCH; i++) {
            actions[i] = new Action((i + 1.0) / BATCH, 1 - i / (2.0 * BATCH), 4 + i % 13);
        }
    }

    /** Frees what {@link #open} made. */
    @TearDown(Level.Trial)
    public void close() {
        chain.close();
        greedy.close();
        context.close();
        model.close();
    }

    /** The cheapest call that there is: a downcall, and the guards of the context around it. */
    @Benchmark
    public int call() {
        return context.maxPosition(0);
    }

    /** Filling a batch with tokens that each have knobs, for one of them. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int knobs() {
        Batch batch = context.batch();
        batch.clear();
        for (int i = 0; i < BATCH; i++) {
            batch.add(i, i, 0, i == BATCH - 1, actions[i]);
        }
        return batch.size();
    }

    /** Copying a hidden state to the heap, where policies read it. */
    @Benchmark
    public float[] hidden() {
        context.hidden(0, hidden);
        return hidden;
    }

    /** Copying all logits to the heap, which sampling does without. */
    @Benchmark
    public float[] logits() {
        context.logits(0, logits);
        return logits;
    }

    /** The most probable token. */
    @Benchmark
    public int sampleGreedy() {
        return context.sample(greedy, 0);
    }

    /** Top-k 40, top-p .95, min-p .05, temperature .8: the defaults of requests. */
    @Benchmark
    public int sampleChain() {
        return context.sample(chain, 0);
    }
}
