package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A model without a context: metadata, vocabulary, tokens, embedding rows, quantisation. */
@Tag("native")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NativeModelTest {
    private Path folder;
    private Path file;
    private float[] embedding;
    private ModelHandle model;

    @BeforeAll
    void load(@TempDir Path temporary) throws IOException {
        folder = temporary;
        file = folder.resolve("tiny-é.gguf");
        embedding = TinyModel.write(file);
        model = Sol.loadModel(file, new ModelParams(0, true, false));
    }

    @AfterAll
    void free() {
        Sol.freeModel(model);
    }

    @Test
    void theShapeIsTheOneOfTheFile() {
        assertThat(model.embeddingLength()).isEqualTo(TinyModel.EMBEDDING);
        assertThat(Llama.layerCount(model)).isEqualTo(TinyModel.LAYERS);
        assertThat(Llama.headCount(model)).isEqualTo(TinyModel.HEADS);
        assertThat(Llama.kvHeadCount(model)).isEqualTo(TinyModel.KV_HEADS);
        assertThat(Llama.trainingContextLength(model)).isEqualTo(TinyModel.CONTEXT);
        int layer = 2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 96 + 2 * 64;
        assertThat(Llama.parameterCount(model)).isEqualTo(2 * TinyModel.VOCABULARY * 64 + 2 * layer + 64);
        assertThat(Llama.sizeBytes(model)).isEqualTo(4 * Llama.parameterCount(model));
        assertThat(Llama.description(model)).startsWith("llama");
    }

    @Test
    void metadataIsText() {
        assertThat(Llama.metadata(model, "general.name")).isEqualTo("Tiny Llama für Tests");
        assertThat(Llama.metadata(model, "llama.embedding_length")).isEqualTo("64");
        assertThat(Llama.metadata(model, "no.such.key")).isNull();
        assertThat(Llama.metadata(model))
                .containsEntry("general.architecture", "llama")
                .containsEntry("tokenizer.ggml.model", "gpt2")
                .doesNotContainKey("tokenizer.ggml.tokens");
        assertThat(Llama.chatTemplate(model, null)).isNull();
    }

    @Test
    void specialTokensAreKnown() {
        VocabHandle vocab = model.vocab();
        assertThat(vocab.size()).isEqualTo(TinyModel.VOCABULARY);
        assertThat(Llama.bosToken(vocab)).isEqualTo(TinyModel.END_OF_TEXT);
        assertThat(Llama.eosToken(vocab)).isEqualTo(TinyModel.END_OF_TEXT);
        assertThat(Llama.eotToken(vocab)).isIn(Llama.NO_TOKEN, TinyModel.END_OF_TEXT);
        assertThat(Llama.addsBos(vocab)).isTrue();
        assertThat(Llama.addsEos(vocab)).isFalse();
        assertThat(Llama.isEndOfGeneration(vocab, TinyModel.END_OF_TEXT)).isTrue();
        assertThat(Llama.isEndOfGeneration(vocab, TinyModel.HE)).isFalse();
        for (int token : new int[] {-1, TinyModel.VOCABULARY, Integer.MAX_VALUE}) {
            assertThatThrownBy(() -> Llama.isEndOfGeneration(vocab, token))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessageContaining("token " + token);
        }
    }

    @Test
    void textBecomesTokensAndTokensBecomeBytesAgain() {
        String longText = "he said: ".repeat(20_000);
        for (String text : new String[] {"", "he", "ache", "Käse 🧀 \u0000 end", "\n\t", longText}) {
            int[] tokens = Sol.tokenize(model, text, false, false);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (int token : tokens) {
                bytes.writeBytes(Sol.tokenBytes(model, token, true));
            }
            assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo(text);
        }
        assertThat(Sol.tokenize(model, "ache", false, false)).containsExactly('a', 'c', TinyModel.HE);
        assertThat(Sol.tokenize(model, "\ud800", false, false)).containsExactly('?');
    }

    @Test
    void specialTokensAreAddedAndParsedOnRequest() {
        assertThat(Sol.tokenize(model, "x", true, false)).containsExactly(TinyModel.END_OF_TEXT, 'x');
        assertThat(Sol.tokenize(model, "x<|endoftext|>", false, true)).containsExactly('x', TinyModel.END_OF_TEXT);
        assertThat(Sol.tokenize(model, "<|endoftext|>", false, false)).hasSizeGreaterThan(5);
        assertThat(Sol.tokenBytes(model, TinyModel.END_OF_TEXT, true))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("<|endoftext|>");
        assertThat(Sol.tokenBytes(model, TinyModel.END_OF_TEXT, false)).isEmpty();
        assertThatThrownBy(() -> Sol.tokenBytes(model, TinyModel.VOCABULARY, true))
                .isInstanceOf(InvalidArgumentException.class);
    }

    @Test
    void severalThreadsTokenizeAtOnce() {
        int[] expected = Sol.tokenize(model, "the cheese", false, false);

        assertThat(IntStream.range(0, 1000).parallel().mapToObj(i -> Sol.tokenize(model, "the cheese", false, false)))
                .allSatisfy(tokens -> assertThat(tokens).isEqualTo(expected));
    }

    @Test
    void anEmbeddingRowIsTheOneOfTheFile() {
        float[] row = new float[TinyModel.EMBEDDING];
        for (int token : new int[] {0, 'a', TinyModel.END_OF_TEXT}) {
            Sol.tokenEmbedding(model, token, row);
            assertThat(row)
                    .isEqualTo(Arrays.copyOfRange(
                            embedding, token * TinyModel.EMBEDDING, (token + 1) * TinyModel.EMBEDDING));
        }
        assertThatThrownBy(() -> Sol.tokenEmbedding(model, TinyModel.VOCABULARY, row))
                .isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> Sol.tokenEmbedding(model, 0, new float[TinyModel.EMBEDDING - 1]))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("63 elements, 64 are needed");
    }

    @Test
    void aVocabularyAloneHasNoLayers() {
        ModelHandle vocabOnly = Sol.loadModel(file, new ModelParams(0, true, true));
        try {
            assertThat(Sol.tokenize(vocabOnly, "he", false, false)).containsExactly(TinyModel.HE);
            assertThat(Llama.layerCount(vocabOnly)).isZero();
            assertThat(Llama.headCount(vocabOnly)).isZero();
            assertThat(Llama.kvHeadCount(vocabOnly)).isZero();
            ContextParams params = Sol.defaultContextParams();
            assertThatThrownBy(() -> Sol.createContext(vocabOnly, params)).isInstanceOf(SolException.class);
            float[] row = new float[vocabOnly.embeddingLength()];
            assertThatThrownBy(() -> Sol.tokenEmbedding(vocabOnly, 0, row)).isInstanceOf(SolException.class);
        } finally {
            Sol.freeModel(vocabOnly);
        }
    }

    @Test
    void aQuantisedModelIsSmallerAndLoads() {
        Path quantised = folder.resolve("tiny-q8_0.gguf");
        Sol.quantize(file, quantised, FileType.Q8_0, 1);

        ModelHandle small = Sol.loadModel(quantised, new ModelParams(0, true, false));
        try {
            assertThat(Llama.sizeBytes(small)).isLessThan(Llama.sizeBytes(model) / 3);
            assertThat(Llama.description(small)).contains("Q8_0");
        } finally {
            Sol.freeModel(small);
        }
        assertThatThrownBy(() -> Sol.quantize(folder.resolve("missing"), quantised, FileType.Q8_0, 1))
                .isInstanceOf(ModelNotFoundException.class);
    }
}
