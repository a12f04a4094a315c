package dev.sol.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.policy.Action;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Skip mode through the API: near the reference, and what it needs. */
@Tag("native")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NativeSkipTest {
    private static final int PROMPT = 100;
    private static final Action PRUNED = new Action(0.5, 0.5, 16);
    private static final ContextOptions OPTIONS = ContextOptions.DEFAULT.withThreads(1);

    private Path file = Path.of("");
    private Model model;

    @BeforeAll
    void load(@TempDir Path folder) throws IOException {
        file = TinyModels.write(folder, "qwen3", "Q8_0");
        model = Model.load(file, ModelOptions.DEFAULT);
    }

    @AfterAll
    void close() {
        model.close();
    }

    private static void prompt(InferenceContext context) {
        Batch batch = context.batch();
        batch.clear();
        for (int i = 0; i < PROMPT; i++) {
            batch.add('a' + i * 7 % 26, i, 0, false);
        }
        context.decode();
        batch.clear();
    }

    /** What the token after the prompt uses, and its logits. */
    private StepUsage step(ContextOptions options, Action knobs, float[] logits) {
        try (InferenceContext context = model.newContext(options)) {
            prompt(context);
            context.batch().add('x', PROMPT, 0, true, knobs);
            context.decode();
            context.logits(0, logits);
            return context.usage(0);
        }
    }

    @ParameterizedTest
    @CsvSource({"RECENCY, NONE", "QUEST, NONE", "MEAN, TAIL"})
    void skippingGivesNearlyWhatMaskingGives(AttentionCriterion criterion, DroppedPages dropped) {
        ContextOptions options =
                OPTIONS.withKnobs(KnobOptions.DEFAULT.withAttention(criterion).withDropped(dropped));
        int size = model.info().vocabularySize();
        float[] masked = new float[size];
        float[] skipped = new float[size];
        float[] dense = new float[size];

        StepUsage reference = step(options, PRUNED, masked);
        StepUsage skip = step(options.withExecution(Execution.SKIP), PRUNED, skipped);
        step(options, Action.DENSE, dense);

        assertThat(skip).isEqualTo(reference);
        assertThat(skip.mlp()).isBetween(0.5, 0.51);
        assertThat(distance(skipped, masked)).isLessThan(distance(dense, masked) / 4);
    }

    /** Of two vectors, relative to the length of the second. */
    private static double distance(float[] a, float[] b) {
        double difference = 0;
        double length = 0;
        for (int i = 0; i < a.length; i++) {
            difference += Math.pow(a[i] - b[i], 2);
            length += Math.pow(b[i], 2);
        }
        return Math.sqrt(difference / length);
    }

    @Test
    void layersSayWhereItWorksAndTheModelWhatItCosts() {
        try (Model own = Model.load(file, ModelOptions.DEFAULT)) {
            try (InferenceContext reference = own.newContext(OPTIONS)) {
                assertThat(reference.layers()).noneMatch(LayerKnobs::attnSkips).noneMatch(LayerKnobs::mlpSkips);
            }
            ContextOptions skip = OPTIONS.withExecution(Execution.SKIP);
            try (InferenceContext attention = own.newContext(skip.withSkipMlp(false))) {
                assertThat(attention.layers()).allMatch(LayerKnobs::attnSkips).noneMatch(LayerKnobs::mlpSkips);
            }
            assertThat(own.extraBytes()).isZero();
            try (InferenceContext both = own.newContext(skip)) {
                assertThat(both.layers()).allMatch(LayerKnobs::attnSkips).allMatch(LayerKnobs::mlpSkips);
            }
            assertThat(own.extraBytes()).isBetween(1L, own.info().sizeBytes());
        }
    }

    @Test
    void predictorsThatCannotBeUsed(@TempDir Path folder) {
        Path missing = folder.resolve("missing.gguf");
        assertThatThrownBy(() -> Model.load(file, ModelOptions.DEFAULT.withPredictor(missing)))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining(missing.toString());
        assertThatThrownBy(() -> Model.load(file, ModelOptions.DEFAULT.withPredictor(file)))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("not a gate predictor");
        assertThatThrownBy(() -> model.newContext(OPTIONS.withKnobs(KnobOptions.DEFAULT.withGate(MlpGate.PREDICTED))))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("without a predictor");
    }

    @Test
    void recordsOfMlpsAreCopiedUntilTheNextDecode() {
        MlpRecord first;
        try (InferenceContext context = model.newContext(OPTIONS.withRecordMlp(true))) {
            prompt(context);
            context.batch().add('x', PROMPT, 0, true, Action.DENSE);
            context.batch().add('y', PROMPT + 1, 0, true, Action.DENSE);
            context.decode();

            List<MlpRecord> records = List.of(context.mlpRecord(0), context.mlpRecord(1));
            for (MlpRecord record : records) {
                assertThat(record.tokens()).isEqualTo(2);
                assertThat(record.embeddingLength()).isEqualTo(context.embeddingLength());
                float[] inputs = new float[2 * record.embeddingLength()];
                float[] gates = new float[2 * record.neurons()];
                float[] norms = new float[record.neurons()];
                record.inputs(inputs);
                record.gates(gates);
                record.norms(norms);
                assertThat(sum(inputs)).isFinite().isPositive();
                assertThat(sum(gates)).isFinite().isPositive();
                for (float norm : norms) {
                    assertThat(norm).isFinite().isPositive();
                }
                assertThatThrownBy(() -> record.gates(norms))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining(gates.length + " are needed");
            }
            assertThatThrownBy(() -> context.mlpRecord(2)).isInstanceOf(IllegalArgumentException.class);

            MlpRecord earlier = records.getFirst();
            context.batch().clear();
            context.batch().add('z', PROMPT + 2, 0, true, Action.DENSE);
            context.decode();
            assertThatThrownBy(() -> earlier.norms(new float[earlier.neurons()]))
                    .isInstanceOf(IllegalStateException.class);
            first = context.mlpRecord(0);
        }
        assertThatThrownBy(() -> first.norms(new float[first.neurons()])).isInstanceOf(ClosedException.class);
        try (InferenceContext context = model.newContext(OPTIONS)) {
            assertThatThrownBy(() -> context.mlpRecord(0)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static double sum(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += Math.abs(value);
        }
        return sum;
    }

    @Test
    void halvedKeysNeedHeadsOfWholeBlocks() {
        assertThatThrownBy(() -> model.newContext(OPTIONS.withKvType(KvType.Q8_0)))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("heads of a multiple of 32");
    }
}
