package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Scores against what Java computes from the logits. */
@Tag("native")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NativeScoresTest {
    private static final int TOKENS = 10;
    private static final int NOT_AN_OUTPUT = 4;

    private Path folder = Path.of("");
    private ModelHandle model;
    private ContextHandle context;
    private LogProbabilitiesHandle kept;
    private double[][] logProbabilities;

    @BeforeAll
    void decode(@TempDir Path fresh) throws IOException {
        folder = fresh;
        Path file = folder.resolve("tiny.gguf");
        TinyModel.write(file);
        model = Sol.loadModel(file, new ModelParams(0, false, false));
        context = Sol.createContext(model, TestContexts.params(64, 1, 8));
        decode(context);
        logProbabilities = new double[TOKENS][];
        for (int i = 0; i < TOKENS; i++) {
            if (i != NOT_AN_OUTPUT) {
                float[] logits = new float[context.vocabularySize()];
                Sol.copyLogits(context, i, logits);
                logProbabilities[i] = logSoftmax(logits);
            }
        }
        kept = Sol.createLogProbabilities(model, 3);
        Sol.keepLogProbabilities(kept, context, new int[] {2, 7}, new int[] {0, 2});
    }

    @AfterAll
    void free() {
        Sol.freeLogProbabilities(kept);
        Sol.freeContext(context);
        Sol.freeModel(model);
    }

    private static void decode(ContextHandle context) {
        try (BatchBuffer batch = new BatchBuffer(TOKENS)) {
            for (int i = 0; i < TOKENS; i++) {
                batch.add('a' + i * 3 % 26, i, 0, i != NOT_AN_OUTPUT);
            }
            Sol.decode(context, batch);
        }
    }

    private static double[] logSoftmax(float[] logits) {
        double largest = IntStream.range(0, logits.length)
                .mapToDouble(i -> logits[i])
                .max()
                .orElseThrow();
        double sum = IntStream.range(0, logits.length)
                .mapToDouble(i -> Math.exp(logits[i] - largest))
                .sum();
        return IntStream.range(0, logits.length)
                .mapToDouble(i -> logits[i] - largest - Math.log(sum))
                .toArray();
    }

    private static double kl(double[] from, double[] to) {
        return IntStream.range(0, from.length)
                .mapToDouble(i -> Math.exp(from[i]) * (from[i] - to[i]))
                .sum();
    }

    @Test
    void scoresAreThoseOfTheSoftmax() {
        int[] tokens = {9, 0, 5};
        int[] labels = {TinyModel.END_OF_TEXT, -1, 0};
        float[] scores = new float[tokens.length * Sol.SCORE_VALUES];
        Sol.score(context, tokens, labels, null, null, scores);

        for (int i = 0; i < tokens.length; i++) {
            double[] expected = logProbabilities[tokens[i]];
            float[] score = Arrays.copyOfRange(scores, 4 * i, 4 * i + 4);
            if (labels[i] < 0) {
                assertThat(score[0]).isNaN();
            } else {
                assertThat(score[0]).isCloseTo((float) expected[labels[i]], offset(1e-4f));
            }
            double entropy = -Arrays.stream(expected).map(p -> Math.exp(p) * p).sum();
            assertThat(score[1]).isPositive().isCloseTo((float) entropy, offset(1e-4f));
            double[] sorted = expected.clone();
            Arrays.sort(sorted);
            double margin = sorted[sorted.length - 1] - sorted[sorted.length - 2];
            assertThat(score[2]).isPositive().isCloseTo((float) margin, offset(1e-4f));
            assertThat(score[3]).isNaN();
        }
    }

    @Test
    void theDivergenceIsFromTheDistributionThatWasKept() {
        int[] tokens = {2, 7, 7, 9};
        int[] rows = {0, 2, 0, 2};
        int[] keptOf = {2, 7, 2, 7};
        float[] scores = new float[tokens.length * Sol.SCORE_VALUES];
        Sol.score(context, tokens, null, kept, rows, scores);

        for (int i = 0; i < tokens.length; i++) {
            double expected = kl(logProbabilities[keptOf[i]], logProbabilities[tokens[i]]);
            assertThat(scores[4 * i]).isNaN();
            assertThat(scores[4 * i + 3]).isCloseTo((float) expected, offset(1e-4f));
        }
        assertThat(scores[3]).isBetween(0f, 1e-6f);
        assertThat(scores[4 + 3]).isBetween(0f, 1e-6f);
        assertThat(scores[8 + 3]).isGreaterThan(0.01f);
    }

    @Test
    void wrongArgumentsAreRefused() {
        int[] one = {0};
        float[] out = new float[Sol.SCORE_VALUES];
        int vocabulary = context.vocabularySize();
        ThrowingCallable[] wrong = {
            () -> Sol.score(context, new int[] {NOT_AN_OUTPUT}, null, null, null, out),
            () -> Sol.score(context, new int[] {TOKENS}, null, null, null, out),
            () -> Sol.score(context, new int[] {-1}, null, null, null, out),
            () -> Sol.score(context, one, new int[] {vocabulary}, null, null, out),
            () -> Sol.score(context, one, new int[] {-2}, null, null, out),
            () -> Sol.score(context, one, new int[2], null, null, out),
            () -> Sol.score(context, one, null, null, null, new float[Sol.SCORE_VALUES - 1]),
            () -> Sol.score(context, one, null, kept, null, out),
            () -> Sol.score(context, one, null, null, one, out),
            () -> Sol.score(context, one, null, kept, new int[2], out),
            () -> Sol.score(context, one, null, kept, new int[] {3}, out),
            () -> Sol.score(context, one, null, kept, new int[] {-1}, out),
            () -> Sol.keepLogProbabilities(kept, context, one, new int[] {3}),
            () -> Sol.keepLogProbabilities(kept, context, one, new int[2]),
            () -> Sol.keepLogProbabilities(kept, context, new int[] {NOT_AN_OUTPUT}, new int[] {1}),
            () -> Sol.createLogProbabilities(model, 0),
            () -> Sol.createLogProbabilities(model, -1),
        };
        for (int i = 0; i < wrong.length; i++) {
            assertThatThrownBy(wrong[i]).as("number %d", i).isInstanceOf(InvalidArgumentException.class);
        }
    }

    @Test
    void logitsThatAreNotFiniteHaveNoScore() throws IOException {
        Path file = folder.resolve("damaged.gguf");
        TinyModel.writeDamaged(file);
        ModelHandle damaged = Sol.loadModel(file, new ModelParams(0, false, false));
        ContextHandle itsContext = Sol.createContext(damaged, TestContexts.params(64, 1, 8));
        try {
            decode(itsContext);
            float[] out = new float[Sol.SCORE_VALUES];
            assertThatThrownBy(() -> Sol.score(itsContext, new int[1], null, null, null, out))
                    .isInstanceOf(InvalidModelException.class);
            assertThatThrownBy(() -> Sol.keepLogProbabilities(kept, itsContext, new int[1], new int[] {1}))
                    .isInstanceOf(InvalidModelException.class);
        } finally {
            Sol.freeContext(itsContext);
            Sol.freeModel(damaged);
        }
    }
}
