package dev.sol.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Action;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Keys and values of both types, with heads that are large enough for it. */
@Tag("model")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EmbeddedModelKvTypeTest {
    private static final String TEXT =
            "Once upon a time there was a little girl who had a red ball. One day she went to"
                    + " the park to play with her ball and her friend";

    private Model model;

    @BeforeAll
    void load() {
        model = Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT);
    }

    @AfterAll
    void close() {
        model.close();
    }

    private InferenceContext context(Execution execution, KvType kvType) {
        return model.newContext(
                ContextOptions.DEFAULT.withThreads(1).withExecution(execution).withKvType(kvType));
    }

    /** Decodes the text, the last token with knobs. Returns the number of its tokens. */
    private int decode(InferenceContext context, Action knobs) {
        int[] tokens = model.tokenizer().encode(TEXT, true, true);
        Batch batch = context.batch();
        batch.clear();
        for (int i = 0; i < tokens.length - 1; i++) {
            batch.add(tokens[i], i, 0, false);
        }
        context.decode();
        batch.clear();
        batch.add(tokens[tokens.length - 1], tokens.length - 1, 0, true, knobs);
        context.decode();
        return tokens.length;
    }

    private float[] logits(Execution execution, KvType kvType, Action knobs) {
        try (InferenceContext context = context(execution, kvType)) {
            decode(context, knobs);
            float[] logits = new float[context.vocabularySize()];
            context.logits(0, logits);
            return logits;
        }
    }

    private static double distance(float[] a, float[] b) {
        double difference = 0;
        double length = 0;
        for (int i = 0; i < a.length; i++) {
            difference += Math.pow(a[i] - b[i], 2);
            length += Math.pow(b[i], 2);
        }
        return Math.sqrt(difference / length);
    }

    @ParameterizedTest
    @EnumSource(KvType.class)
    void skippingGivesNearlyWhatMaskingGives(KvType kvType) {
        Action pruned = new Action(0.5, 0.5, 16);
        float[] masked = logits(Execution.REFERENCE, kvType, pruned);
        float[] dense = logits(Execution.REFERENCE, kvType, Action.DENSE);

        assertThat(distance(logits(Execution.SKIP, kvType, pruned), masked)).isLessThan(0.02);
        assertThat(distance(logits(Execution.SKIP, kvType, Action.DENSE), dense))
                .isLessThan(0.02);
        assertThat(distance(dense, masked)).isGreaterThan(0.02);
    }

    @Test
    void halvedKeysAreNearlyTheSameAndHalveTheState() {
        assertThat(distance(
                        logits(Execution.SKIP, KvType.Q8_0, Action.DENSE),
                        logits(Execution.SKIP, KvType.F16, Action.DENSE)))
                .isPositive()
                .isLessThan(0.05);

        try (InferenceContext whole = context(Execution.SKIP, KvType.F16);
                InferenceContext half = context(Execution.SKIP, KvType.Q8_0)) {
            decode(whole, Action.DENSE);
            decode(half, Action.DENSE);
            double share = (double) half.saveSequence(0).length / whole.saveSequence(0).length;
            assertThat(share).isCloseTo(34.0 / 64, within(0.03)); // blocks of 32 bytes and a scale
        }
    }
}
