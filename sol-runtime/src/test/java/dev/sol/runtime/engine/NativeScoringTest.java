package dev.sol.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.sol.policy.Action;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.LogProbabilities;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.TinyModels;
import dev.sol.runtime.TokenScore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Scores of outputs, and sequences that are moved, saved and loaded. */
@Tag("native")
@Timeout(120)
class NativeScoringTest {
    private static final ContextOptions OPTIONS =
            ContextOptions.DEFAULT.withThreads(1).withMaxSequences(2);

    @TempDir
    Path folder;

    private Model model;
    private InferenceContext context;

    @BeforeEach
    void open() throws IOException {
        model = Model.load(TinyModels.write(folder, "qwen3", "F32"), ModelOptions.DEFAULT);
        context = model.newContext(OPTIONS);
    }

    @AfterEach
    void close() {
        context.close();
        model.close();
    }

    /** Tokens of a sequence from position 0, every one an output. */
    private void decode(int sequence, int tokens) {
        context.batch().clear();
        for (int i = 0; i < tokens; i++) {
            context.batch().add(i * 7 % 200, i, sequence, true);
        }
        context.decode();
    }

    private TokenScore next(int sequence, int position, int label) {
        context.batch().clear();
        context.batch().add(5, position, sequence, true);
        context.decode();
        return context.score(new int[] {0}, new int[] {label}).getFirst();
    }

    @Test
    void scoresFollowFromTheLogits() {
        decode(0, 20);
        List<TokenScore> scores = context.score(new int[] {3, 19}, new int[] {42, -1});

        assertThat(scores).hasSize(2);
        for (int i = 0; i < 2; i++) {
            float[] logits = new float[context.vocabularySize()];
            context.logits(i == 0 ? 3 : 19, logits);
            double norm = Math.log(IntStream.range(0, logits.length)
                    .mapToDouble(t -> Math.exp(logits[t]))
                    .sum());
            double entropy = IntStream.range(0, logits.length)
                    .mapToDouble(t -> Math.exp(logits[t] - norm) * (norm - logits[t]))
                    .sum();
            double[] sorted = IntStream.range(0, logits.length)
                    .mapToDouble(t -> logits[t])
                    .sorted()
                    .toArray();
            assertThat(scores.get(i).entropy()).isCloseTo((float) entropy, offset(1e-4f));
            assertThat(scores.get(i).margin())
                    .isCloseTo((float) (sorted[sorted.length - 1] - sorted[sorted.length - 2]), offset(1e-4f));
            assertThat(scores.get(i).kl()).isNaN();
            assertThat(context.entropy(i == 0 ? 3 : 19)).isEqualTo(scores.get(i).entropy());
            if (i == 0) {
                assertThat(scores.get(i).logProbability()).isCloseTo((float) (logits[42] - norm), offset(1e-4f));
            } else {
                assertThat(scores.get(i).logProbability()).isNaN();
            }
        }
        assertThat(context.score(new int[0], new int[0])).isEmpty();
    }

    @Test
    void theDecodersEntropyIsAShare() throws IOException {
        Model own = Model.load(TinyModels.write(folder, "qwen3", "F16"), ModelOptions.DEFAULT);
        try (NativeDecoder decoder = new NativeDecoder(own, OPTIONS)) {
            decoder.begin();
            for (int i = 0; i < 3; i++) {
                int _ = decoder.add(0, i, i + 1, i == 2, null);
            }
            decoder.decode();
            double afterPrompt = decoder.entropy(2);
            decoder.begin();
            int step = decoder.add(0, 3, 4, true, null);
            decoder.decode();

            assertThat(afterPrompt).isBetween(0.0, 1.0);
            assertThat(decoder.entropy(step)).isBetween(0.0, 1.0).isNotEqualTo(afterPrompt);
            try (InferenceContext its = own.newContext(OPTIONS)) {
                for (int i = 0; i < 3; i++) {
                    its.batch().add(i + 1, i, 0, i == 2);
                }
                its.decode();
                double entropy =
                        its.score(new int[] {2}, new int[] {0}).getFirst().entropy();
                assertThat(afterPrompt).isCloseTo(entropy / Math.log(its.vocabularySize()), offset(1e-6));
            }
        }
    }

    @Test
    @Tag("model")
    void distributionsOverAnotherVocabularyAreRefused() {
        decode(0, 5);
        try (Model foreign = Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT);
                LogProbabilities rows = foreign.newLogProbabilities(1)) {
            assertThatThrownBy(() -> context.keep(rows, new int[1], new int[1]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("tokens");
            assertThatThrownBy(() -> context.score(new int[1], new int[1], rows, new int[1]))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void whatKnobsChangeIsADivergence() {
        try (LogProbabilities dense = model.newLogProbabilities(4)) {
            assertThat(dense.rows()).isEqualTo(4);
            decode(0, 50);
            context.keep(dense, new int[] {48, 49}, new int[] {3, 1});
            List<TokenScore> same = context.score(new int[] {49, 48}, new int[] {1, 2}, dense, new int[] {1, 3});
            assertThat(same).allSatisfy(score -> assertThat(score.kl()).isBetween(0f, 1e-6f));

            context.removeSequence(0, 49, -1);
            context.batch().clear();
            context.batch().add(49 * 7 % 200, 49, 0, true, new Action(.2, .2, 4));
            context.decode();
            assertThat(context.score(new int[1], new int[1], dense, new int[] {1})
                            .getFirst()
                            .kl())
                    .isGreaterThan(1e-4f);
        }
    }

    @Test
    void wrongArgumentsAreNamed() {
        decode(0, 5);
        assertThatThrownBy(() -> context.score(new int[] {5}, new int[1])).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> context.score(new int[1], new int[2])).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> context.score(new int[1], new int[] {1_000_000}))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> model.newLogProbabilities(0)).isInstanceOf(IllegalArgumentException.class);
        try (LogProbabilities one = model.newLogProbabilities(1)) {
            assertThatThrownBy(() -> context.keep(one, new int[1], new int[] {1}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("row");
            assertThatThrownBy(() -> context.score(new int[1], new int[1], one, new int[] {-1}))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aMovedSequenceMeansTheSame() {
        decode(0, 30);
        float expected = next(0, 30, 9).logProbability();
        context.removeSequence(0, 30, -1);
        context.shiftSequence(0, 0, -1, 100);

        assertThat(context.maxPosition(0)).isEqualTo(129);
        assertThat(next(0, 130, 9).logProbability()).isCloseTo(expected, offset(1e-2f));
        assertThatThrownBy(() -> context.shiftSequence(0, -1, -1, 512 - 130))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("512");
        assertThatThrownBy(() -> context.shiftSequence(0, 100, 110, 10)).isInstanceOf(IllegalArgumentException.class);
        context.copySequence(0, 1, 0, -1);
        assertThatThrownBy(() -> context.shiftSequence(1, 0, -1, -100))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("shared");
    }

    @Test
    void aSavedSequenceGoesOnInAnotherContext() {
        decode(0, 30);
        byte[] state = context.saveSequence(0);
        float expected = next(0, 30, 9).logProbability();
        context.loadSequence(1, state);
        assertThat(next(1, 30, 9).logProbability()).isCloseTo(expected, offset(1e-2f));
        context.close();

        context = model.newContext(OPTIONS);
        context.loadSequence(0, state);
        assertThat(context.maxPosition(0)).isEqualTo(29);
        assertThat(next(0, 30, 9).logProbability()).isEqualTo(expected);
    }

    @Test
    void statesThatAreNoneAreRefused() throws IOException {
        decode(0, 30);
        byte[] state = context.saveSequence(0);
        assertThatThrownBy(() -> context.loadSequence(0, new byte[100])).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> context.loadSequence(7, state)).isInstanceOf(IllegalArgumentException.class);
        assertThat(context.maxPosition(0)).isEqualTo(29);
        try (Model foreign = Model.load(TinyModels.write(folder, "phi3", "F32"), ModelOptions.DEFAULT);
                InferenceContext its = foreign.newContext(OPTIONS)) {
            assertThatThrownBy(() -> its.loadSequence(0, state)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void positionsThatAreLearnedCannotBeMoved() throws IOException {
        try (Model learned = Model.load(TinyModels.write(folder, "gpt2", "F32"), ModelOptions.DEFAULT);
                InferenceContext its = learned.newContext(OPTIONS)) {
            its.batch().add(1, 0, 0, true);
            its.decode();
            assertThatThrownBy(() -> its.shiftSequence(0, 0, -1, 1)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** Sixteen schedules on one prefix: each may be as long as the model's context, and together they take more cells. */
    @Test
    void sequencesTogetherMayTakeMoreCellsThanOneContext() {
        int length = model.info().contextLength();
        ContextOptions options =
                OPTIONS.withMaxSequences(4).withCells(2 * length).withBatchSize(length, 256);
        try (InferenceContext wide = model.newContext(options)) {
            for (int sequence = 0; sequence < 2; sequence++) {
                wide.batch().clear();
                for (int i = 0; i < length; i++) {
                    wide.batch().add(i % 200, i, sequence, i == length - 1);
                }
                wide.decode();
            }
            assertThat(wide.maxPosition(0)).isEqualTo(length - 1);
            assertThat(wide.maxPosition(1)).isEqualTo(length - 1);
            assertThatThrownBy(() -> wide.batch().add(1, length, 0, true)).isInstanceOf(IllegalArgumentException.class);

            wide.removeSequence(1, -1, -1);
            wide.copySequence(0, 1, -1, -1);
            wide.copySequence(0, 2, -1, -1); // shares: there would be no room for copies
            assertThat(wide.maxPosition(2)).isEqualTo(length - 1);
        }
    }
}
