package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Every sampler against the logits of one decode of a tiny model. */
@Tag("native")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NativeSamplersTest {
    private static final int DRAWS = 300;
    private static final ContextParams PARAMS = TestContexts.params(64, 1, 8);

    private ModelHandle model;
    private ContextHandle context;
    private float[] logits;
    private List<Integer> byLogit;

    @BeforeAll
    void decode(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("tiny.gguf");
        TinyModel.write(file);
        model = Sol.loadModel(file, new ModelParams(0, false, false));
        context = Sol.createContext(model, PARAMS);
        try (BatchBuffer batch = new BatchBuffer(1)) {
            batch.add('a', 0, 0, true);
            Sol.decode(context, batch);
        }
        logits = new float[context.vocabularySize()];
        Sol.copyLogits(context, 0, logits);
        byLogit = IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.comparingDouble(token -> -logits[token]))
                .toList();
    }

    @AfterAll
    void free() {
        Sol.freeContext(context);
        Sol.freeModel(model);
    }

    private int[] draw(int n, Consumer<SamplerHandle> samplers) {
        SamplerHandle chain = Samplers.newChain();
        try {
            samplers.accept(chain);
            return IntStream.range(0, n).map(i -> Sol.sample(context, chain, 0)).toArray();
        } finally {
            Samplers.free(chain);
        }
    }

    private int[] draw(Consumer<SamplerHandle> samplers) {
        return draw(DRAWS, chain -> {
            samplers.accept(chain);
            Samplers.addDistribution(chain, 7);
        });
    }

    private static long distinct(int[] tokens) {
        return Arrays.stream(tokens).distinct().count();
    }

    @Test
    void drawsRepeatWithTheirSeedAndAfterAReset() {
        int[] first = draw(chain -> {});
        assertThat(distinct(first)).isGreaterThan(10);
        assertThat(draw(chain -> {})).isEqualTo(first);
        assertThat(draw(DRAWS, chain -> Samplers.addDistribution(chain, 8))).isNotEqualTo(first);

        SamplerHandle chain = Samplers.newChain();
        try {
            Samplers.addDistribution(chain, 7);
            int token = Sol.sample(context, chain, 0);
            Sol.sample(context, chain, 0);
            Samplers.reset(chain);
            assertThat(Sol.sample(context, chain, 0)).isEqualTo(token).isEqualTo(first[0]);
        } finally {
            Samplers.free(chain);
        }
    }

    @Test
    void topKKeepsTheBest() {
        assertThat(Arrays.stream(draw(chain -> Samplers.addTopK(chain, 3))).boxed())
                .isSubsetOf(byLogit.subList(0, 3));
        assertThat(draw(chain -> Samplers.addTopK(chain, 0))).isEqualTo(draw(chain -> {}));
    }

    @Test
    void topPAndMinPKeepAtLeastWhatIsAsked() {
        assertThat(draw(chain -> Samplers.addTopP(chain, 0, 1))).containsOnly(byLogit.getFirst());
        assertThat(distinct(draw(chain -> Samplers.addTopP(chain, 0, 2)))).isEqualTo(2);
        assertThat(draw(chain -> Samplers.addMinP(chain, 1, 1))).containsOnly(byLogit.getFirst());
        assertThat(distinct(draw(chain -> Samplers.addMinP(chain, 1, 2)))).isEqualTo(2);
    }

    @Test
    void temperatureSharpens() {
        long neutral = distinct(draw(chain -> {}));
        assertThat(distinct(draw(chain -> Samplers.addTemperature(chain, 0.3f))))
                .isLessThan(neutral);
        for (float none : new float[] {0, Float.MIN_VALUE, 1e-7f}) {
            assertThat(draw(chain -> Samplers.addTemperature(chain, none))).containsOnly(byLogit.getFirst());
        }
    }

    @Test
    void penaltiesCountTheTokensTheChainWasTold() {
        int best = byLogit.getFirst();
        int[] tokens = draw(1, chain -> {
            Samplers.addPenalties(chain, model.vocab(), 64, 1, 0, Samplers.MAX_WEIGHT);
            Samplers.addGreedy(chain);
            Samplers.accept(chain, best);
        });
        assertThat(tokens).containsExactly(byLogit.get(1));

        // Told each token it picks, the chain never picks one twice.
        int[] all = draw(20, chain -> {
            Samplers.addPenalties(chain, model.vocab(), 64, 1, 1000, 0);
            Samplers.addGreedy(chain);
        });
        assertThat(Arrays.stream(all).boxed()).containsExactlyElementsOf(byLogit.subList(0, 20));
    }

    @Test
    void biasesForbidAndForceTokens() {
        VocabHandle vocab = model.vocab();
        int best = byLogit.getFirst();
        assertThat(draw(1, chain -> {
                    Samplers.addLogitBias(chain, vocab, new int[] {best}, new float[] {Float.NEGATIVE_INFINITY});
                    Samplers.addGreedy(chain);
                }))
                .containsExactly(byLogit.get(1));
        assertThat(draw(1, chain -> {
                    Samplers.addLogitBias(chain, vocab, new int[] {'z'}, new float[] {1000});
                    Samplers.addGreedy(chain);
                }))
                .containsExactly('z');
        assertThat(draw(1, chain -> {
                    Samplers.addLogitBias(chain, vocab, new int[0], new float[0]);
                    Samplers.addGreedy(chain);
                }))
                .containsExactly(best);
    }

    @Test
    void aChainThatPicksNothingIsAnError() {
        assertThatThrownBy(() -> draw(1, chain -> Samplers.addTopK(chain, 3))).isInstanceOf(NativeErrorException.class);
    }

    @Test
    void logitsThatAreNotNumbersAreTheModelsFault(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("damaged.gguf");
        TinyModel.writeDamaged(file);
        ModelHandle damaged = Sol.loadModel(file, new ModelParams(0, false, false));
        ContextHandle damagedContext = Sol.createContext(damaged, PARAMS);
        SamplerHandle chain = Samplers.newChain();
        try (BatchBuffer batch = new BatchBuffer(1)) {
            Samplers.addDistribution(chain, 7);
            batch.add('a', 0, 0, true);
            Sol.decode(damagedContext, batch);
            assertThatThrownBy(() -> Sol.sample(damagedContext, chain, 0))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining("finite");
        } finally {
            Samplers.free(chain);
            Sol.freeContext(damagedContext);
            Sol.freeModel(damaged);
        }
    }

    @Test
    void numbersThatMakeNoSenseAreRefused() {
        VocabHandle vocab = model.vocab();
        List<Consumer<SamplerHandle>> bad = List.of(
                chain -> Samplers.addTopK(chain, -1),
                chain -> Samplers.addTopP(chain, Float.NaN, 1),
                chain -> Samplers.addTopP(chain, 1.1f, 1),
                chain -> Samplers.addTopP(chain, 0.5f, -1),
                chain -> Samplers.addMinP(chain, -0.1f, 1),
                chain -> Samplers.addTemperature(chain, -1),
                chain -> Samplers.addTemperature(chain, Float.NaN),
                chain -> Samplers.addTemperature(chain, Float.POSITIVE_INFINITY),
                chain -> Samplers.addPenalties(chain, vocab, -1, 1, 0, 0),
                chain -> Samplers.addPenalties(chain, vocab, Integer.MAX_VALUE, 1, 1, 0),
                chain -> Samplers.addPenalties(chain, vocab, 64, 0, 0, 0),
                chain -> Samplers.addPenalties(chain, vocab, 64, Float.NaN, 0, 0),
                chain -> Samplers.addPenalties(chain, vocab, 64, 1, Float.NaN, 0),
                chain -> Samplers.addPenalties(chain, vocab, 64, 1, 0, Float.NEGATIVE_INFINITY),
                chain -> Samplers.addLogitBias(chain, vocab, new int[] {-1}, new float[] {0}),
                chain -> Samplers.addLogitBias(chain, vocab, new int[] {vocab.size()}, new float[] {0}),
                chain -> Samplers.addLogitBias(chain, vocab, new int[] {0}, new float[] {Float.NaN}),
                chain -> Samplers.addLogitBias(chain, vocab, new int[] {0}, new float[] {Float.POSITIVE_INFINITY}),
                chain -> Samplers.addLogitBias(chain, vocab, new int[] {0, 1}, new float[] {0}));

        SamplerHandle chain = Samplers.newChain();
        try {
            for (Consumer<SamplerHandle> call : bad) {
                assertThatThrownBy(() -> call.accept(chain))
                        .as("number %d", bad.indexOf(call))
                        .isInstanceOf(InvalidArgumentException.class);
            }
        } finally {
            Samplers.free(chain);
        }
    }
}
