package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Skip mode, what it takes, and what it records. */
@Tag("native")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NativeSkipTest {
    private static final int PROMPT = 40;

    private Path folder = Path.of("");
    private Path file = Path.of("");
    private ModelHandle model;
    private ModelHandle quantised; // F32 has no second order of its down projections

    @BeforeAll
    void loadModel(@TempDir Path temporary) throws IOException {
        folder = temporary;
        file = folder.resolve("tiny.gguf");
        TinyModel.write(file);
        model = Sol.loadModel(file, new ModelParams(0, false, false));
        Path small = folder.resolve("tiny-q8_0.gguf");
        Sol.quantize(file, small, FileType.Q8_0, 1);
        quantised = Sol.loadModel(small, new ModelParams(0, false, false));
    }

    @AfterAll
    void freeModel() {
        Sol.freeModel(quantised);
        Sol.freeModel(model);
    }

    private static ContextParams params(Execution execution, boolean skipMlp, boolean recordMlp) {
        return TestContexts.params(256, 1, 8, KvType.F16, MlpGate.EXACT, execution, skipMlp, recordMlp);
    }

    private static void prompt(ContextHandle context, BatchBuffer batch) {
        for (int i = 0; i < PROMPT; i++) {
            batch.add('a' + i * 7 % 26, i, 0, false);
        }
        Sol.decode(context, batch);
        batch.clear();
    }

    /** The logits of a pruned token after the prompt. */
    private float[] pruned(ContextParams params) {
        ContextHandle context = Sol.createContext(quantised, params);
        try (BatchBuffer batch = new BatchBuffer(PROMPT)) {
            prompt(context, batch);
            batch.add('x', PROMPT, 0, true, 0.5f, 0.5f, 16);
            Sol.decode(context, batch);
            return Sol.logits(context, 0).toArray(ValueLayout.JAVA_FLOAT);
        } finally {
            Sol.freeContext(context);
        }
    }

    @Test
    void skippingGivesNearlyWhatMaskingGives() {
        float[] reference = pruned(params(Execution.REFERENCE, true, false));
        long before = Sol.extraBytes(quantised);
        float[] skipped = pruned(params(Execution.SKIP, true, false));
        long extra = Sol.extraBytes(quantised);

        long weights = TinyModel.LAYERS * TinyModel.FEED_FORWARD * TinyModel.EMBEDDING; // of a byte each, and scales
        assertThat(before).isZero();
        assertThat(extra).isBetween(weights, weights + weights / 4);
        double difference = 0;
        double length = 0;
        for (int i = 0; i < reference.length; i++) {
            difference += Math.pow(skipped[i] - reference[i], 2);
            length += Math.pow(reference[i], 2);
        }
        // other kernels, other rounding
        assertThat(Math.sqrt(difference / length)).isPositive().isLessThan(0.05);
    }

    @Test
    void layersSayWhereSkippingWorks() {
        for (boolean mlp : new boolean[] {false, true}) {
            ContextHandle context = Sol.createContext(quantised, params(Execution.SKIP, mlp, false));
            try {
                assertThat(Sol.layerInfo(context, 0))
                        .isEqualTo(new LayerInfo(AttentionClass.FULL, 12, 0, 0, true, true, mlp));
            } finally {
                Sol.freeContext(context);
            }
        }
    }

    @Test
    void mlpRecordsAreThoseOfTheLastBatch() {
        ContextHandle context = Sol.createContext(model, params(Execution.REFERENCE, true, true));
        try (BatchBuffer batch = new BatchBuffer(PROMPT)) {
            prompt(context, batch);
            assertThatThrownBy(() -> Sol.mlpRecord(context, 0))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessageContaining("no record");
            batch.add('x', PROMPT, 0, true, 1, 1, 16);
            batch.add('y', PROMPT + 1, 0, true, 1, 1, 16);
            Sol.decode(context, batch);

            MlpRecord record = Sol.mlpRecord(context, TinyModel.LAYERS - 1);
            assertThat(record.tokens()).isEqualTo(2);
            assertThat(record.embeddingLength()).isEqualTo(TinyModel.EMBEDDING);
            assertThat(record.neurons()).isEqualTo(TinyModel.FEED_FORWARD);
            assertThat(record.input().isReadOnly()).isTrue();
            float[] input = record.input().toArray(ValueLayout.JAVA_FLOAT);
            assertThat(input).hasSize(2 * TinyModel.EMBEDDING);
            for (int token = 0; token < 2; token++) { // after an RMS norm with weights of 1
                double squares = 0;
                for (int i = 0; i < TinyModel.EMBEDDING; i++) {
                    squares += Math.pow(input[token * TinyModel.EMBEDDING + i], 2);
                }
                assertThat(squares / TinyModel.EMBEDDING).isBetween(0.99, 1.01);
            }
            assertThat(record.gate().toArray(ValueLayout.JAVA_FLOAT)).hasSize(2 * TinyModel.FEED_FORWARD);
            for (float norm : record.norms().toArray(ValueLayout.JAVA_FLOAT)) {
                assertThat(norm).isBetween(1f, 6f); // two Gaussian vectors of 64, σ = .2: about 64·.04 = 2.6
            }
        } finally {
            Sol.freeContext(context);
        }
    }

    @Test
    void recordsAndPredictionsAreRefusedWhereThereAreNone() {
        ContextHandle context = Sol.createContext(model, params(Execution.REFERENCE, true, false));
        try {
            assertThatThrownBy(() -> Sol.mlpRecord(context, 0))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessageContaining("record_mlp");
        } finally {
            Sol.freeContext(context);
        }
        ContextParams predicted =
                TestContexts.params(256, 1, 8, KvType.F16, MlpGate.PREDICTED, Execution.SKIP, true, false);
        assertThatThrownBy(() -> Sol.createContext(model, predicted))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("without a predictor");
        ContextParams halved = TestContexts.params(256, 1, 8, KvType.Q8_0, MlpGate.EXACT, Execution.SKIP, true, false);
        assertThatThrownBy(() -> Sol.createContext(model, halved))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("multiple of 32");
    }

    @Test
    void filesThatAreNoPredictorAreNamed() throws IOException {
        Path missing = folder.resolve("missing.gguf");
        assertThatThrownBy(() -> Sol.loadModel(file, new ModelParams(0, true, false, missing)))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining(missing.toString());
        Path text = Files.writeString(folder.resolve("text.gguf"), "Once upon a time");
        assertThatThrownBy(() -> Sol.loadModel(file, new ModelParams(0, true, false, text)))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining(text.toString());
        assertThatThrownBy(() -> Sol.loadModel(file, new ModelParams(0, true, false, file)))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("sol.predictor.version");
    }
}
