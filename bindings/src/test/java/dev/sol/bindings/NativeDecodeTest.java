package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A context of a tiny model: decoding, results, the KV cache. */
@Tag("native")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NativeDecodeTest {
    private static final int CELLS = 256;

    private ModelHandle model;
    private ContextHandle context;
    private BatchBuffer batch;

    @BeforeAll
    void loadModel(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("tiny.gguf");
        TinyModel.write(file);
        model = Sol.loadModel(file, new ModelParams(0, false, false));
    }

    @AfterAll
    void freeModel() {
        Sol.freeModel(model);
    }

    @BeforeEach
    void createContext() {
        context = Sol.createContext(model, TestContexts.params(CELLS, 2, 8));
        batch = new BatchBuffer(CELLS + 64);
    }

    @AfterEach
    void freeContext() {
        batch.close();
        Sol.freeContext(context);
    }

    /** Adds {@code n} dense tokens of sequence 0 from {@code position}; the last one is an output. */
    private void addDense(int n, int position) {
        for (int i = 0; i < n; i++) {
            batch.add('a' + (position + i) % 26, position + i, 0, i == n - 1);
        }
    }

    private float[] lastLogits() {
        float[] logits = new float[context.vocabularySize()];
        Sol.copyLogits(context, batch.size() - 1, logits);
        return logits;
    }

    @Test
    void resultsOfOutputTokensCanBeViewedAndCopied() {
        addDense(10, 0);
        Sol.decode(context, batch);

        float[] logits = lastLogits();
        MemorySegment view = Sol.logits(context, 9);
        assertThat(view.isReadOnly()).isTrue();
        assertThat(view.toArray(ValueLayout.JAVA_FLOAT)).isEqualTo(logits).hasSize(TinyModel.VOCABULARY);

        float[] hidden = new float[context.embeddingLength()];
        Sol.copyHidden(context, 9, hidden);
        assertThat(Sol.hidden(context, 9).toArray(ValueLayout.JAVA_FLOAT)).isEqualTo(hidden);
        // After an RMS norm with weights of 1 the mean square is 1.
        double squares = 0;
        for (float h : hidden) {
            squares += h * (double) h;
        }
        assertThat(squares / hidden.length).isBetween(0.99, 1.01);

        assertThatThrownBy(() -> Sol.logits(context, 3)).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> Sol.hidden(context, 10)).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> Sol.copyLogits(context, 9, new float[1]))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("1 elements");
    }

    @Test
    void knobsReachTheTokenTheyWereGivenTo() {
        addDense(40, 0);
        Sol.decode(context, batch);
        batch.clear();
        batch.add('x', 40, 0, true, 0.5f, 0.25f, 6);
        Sol.decode(context, batch);

        Usage usage = Sol.usage(context, 0);
        assertThat(usage.fullVisible()).isEqualTo(41 * TinyModel.HEADS * TinyModel.LAYERS);
        assertThat(usage.fullAttended()).isEqualTo(21 * TinyModel.HEADS * TinyModel.LAYERS); // ⌈41/2⌉
        assertThat(usage.slidingVisible()).isZero();
        assertThat(usage.mlpUnits()).isEqualTo((TinyModel.FEED_FORWARD / 8) * TinyModel.LAYERS);
        assertThat(usage.mlpKept()).isEqualTo(3 * TinyModel.LAYERS);
        assertThat(usage.sharedUnits()).isZero();
        assertThat(usage.routedUnits()).isZero();
        float[] pruned = lastLogits();

        Sol.removeSequence(context, 0, 40, -1);
        batch.clear();
        batch.add('x', 40, 0, true, 1, 1, 16);
        Sol.decode(context, batch);
        assertThat(Sol.usage(context, 0).fullAttended()).isEqualTo(41 * TinyModel.HEADS * TinyModel.LAYERS);
        float[] dense = lastLogits();
        assertThat(dense).isNotEqualTo(pruned);

        Sol.removeSequence(context, 0, 40, -1);
        batch.clear();
        batch.add('x', 40, 0, true);
        Sol.decode(context, batch);
        assertThat(lastLogits()).isEqualTo(dense);
        assertThatThrownBy(() -> Sol.usage(context, 0)).isInstanceOf(InvalidArgumentException.class);
    }

    @Test
    void layersSayWhatTheKnobsCanDo() {
        for (int layer = 0; layer < TinyModel.LAYERS; layer++) {
            assertThat(Sol.layerInfo(context, layer))
                    .isEqualTo(new LayerInfo(AttentionClass.FULL, 12, 0, 0, true, false, false));
        }
        assertThatThrownBy(() -> Sol.layerInfo(context, TinyModel.LAYERS)).isInstanceOf(InvalidArgumentException.class);
    }

    @Test
    void badBatchesAndKnobsAreRefusedAndChangeNothing() {
        assertThatThrownBy(() -> Sol.decode(context, batch)).isInstanceOf(InvalidArgumentException.class);
        List<Consumer<BatchBuffer>> bad = List.of(
                b -> b.add(-1, 0, 0, true),
                b -> b.add(TinyModel.VOCABULARY, 0, 0, true),
                b -> b.add('a', -1, 0, true),
                b -> b.add('a', 7, 0, true),
                b -> b.add('a', 0, 2, true),
                b -> b.add('a', 0, -1, true),
                b -> b.add('a', 0, 0, true, 0, 1, 16),
                b -> b.add('a', 0, 0, true, Float.NaN, 1, 16),
                b -> b.add('a', 0, 0, true, 1, 1.5f, 16),
                b -> b.add('a', 0, 0, true, 1, 1, 3),
                b -> b.add('a', 0, 0, true, 1, 1, 17));
        for (Consumer<BatchBuffer> token : bad) {
            batch.clear();
            batch.add('a', 0, 1, false);
            token.accept(batch);
            assertThatThrownBy(() -> Sol.decode(context, batch))
                    .as("number %d", bad.indexOf(token))
                    .isInstanceOf(InvalidArgumentException.class);
            assertThat(Sol.maxPosition(context, 1)).isEqualTo(-1);
        }
    }

    @Test
    void theKvCacheFillsUp() {
        assertThat(Sol.contextSize(context)).isEqualTo(CELLS);
        addDense(CELLS - 1, 0);
        Sol.decode(context, batch);
        batch.clear();
        addDense(2, CELLS - 1);

        assertThatThrownBy(() -> Sol.decode(context, batch)).isInstanceOf(KvCacheFullException.class);
        assertThat(Sol.maxPosition(context, 0)).isEqualTo(CELLS - 2);
    }

    @Test
    void aCancelledDecodeSaysSoAndTheNextOneWorks() {
        addDense(8, 0);
        Sol.cancel(context);

        assertThatThrownBy(() -> Sol.decode(context, batch)).isInstanceOf(DecodeCancelledException.class);
        assertThat(Sol.maxPosition(context, 0)).isEqualTo(-1);
        Sol.decode(context, batch);
        assertThat(Sol.maxPosition(context, 0)).isEqualTo(7);
    }

    @Test
    void sequencesAreCopiedCutAndCleared() {
        addDense(20, 0);
        Sol.decode(context, batch);
        float[] logits = lastLogits();

        Sol.copySequence(context, 0, 1, -1, -1);
        assertThat(Sol.maxPosition(context, 1)).isEqualTo(19);
        Sol.removeSequence(context, 1, 19, -1);
        assertThat(Sol.maxPosition(context, 1)).isEqualTo(18);
        assertThat(Sol.maxPosition(context, 0)).isEqualTo(19);

        batch.clear();
        batch.add('a' + 19, 19, 1, true);
        Sol.decode(context, batch);
        float[] again = lastLogits();
        for (int i = 0; i < logits.length; i++) {
            assertThat(again[i]).isCloseTo(logits[i], offset(1e-2f));
        }

        Sol.clearKvCache(context);
        assertThat(Sol.maxPosition(context, 0)).isEqualTo(-1);
        assertThatThrownBy(() -> Sol.removeSequence(context, 99, -1, -1)).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> Sol.maxPosition(context, -1)).isInstanceOf(InvalidArgumentException.class);
    }

    @Test
    void badContextsAreRefused() {
        assertThatThrownBy(() -> Sol.createContext(model, TestContexts.params(CELLS, 2, 7)))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("7");
        ContextParams tooManySequences = TestContexts.params(CELLS, 257, 8);
        assertThatThrownBy(() -> Sol.createContext(model, tooManySequences))
                .isInstanceOf(InvalidArgumentException.class);
    }

    @Test
    void theGreedySamplerPicksTheLargestLogit() {
        addDense(5, 0);
        Sol.decode(context, batch);
        float[] logits = lastLogits();
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }

        SamplerHandle chain = Samplers.newChain();
        try {
            Samplers.addGreedy(chain);
            assertThat(Sol.sample(context, chain, 4)).isEqualTo(best);
            assertThatThrownBy(() -> Sol.sample(context, chain, 0)).isInstanceOf(InvalidArgumentException.class);
        } finally {
            Samplers.free(chain);
        }
    }
}
