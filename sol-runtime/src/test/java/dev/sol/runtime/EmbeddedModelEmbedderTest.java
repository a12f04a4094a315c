package dev.sol.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Embeddings by the embedded model. */
@Tag("model")
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EmbeddedModelEmbedderTest {
    private static final ContextOptions OPTIONS = ContextOptions.DEFAULT.withThreads(1);

    private Model model;
    private Embedder embedder;

    @BeforeAll
    void open() {
        model = Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT);
        embedder = new Embedder(model, OPTIONS);
    }

    @AfterAll
    void close() {
        embedder.close();
        model.close();
    }

    private float[] embed(String text) {
        return embedder.embed(model.tokenizer().encode(text, true, true));
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** More tokens than one batch of the embedder has. */
    @Test
    void isTheMeanOfAllStates() {
        int[] tokens = model.tokenizer().encode("The old man went to the sea. ".repeat(12), true, true);
        assertThat(tokens.length).isBetween(65, 256);
        float[] embedding = embedder.embed(tokens);

        double[] mean = new double[embedder.embeddingLength()];
        try (InferenceContext context = model.newContext(OPTIONS)) {
            for (int i = 0; i < tokens.length; i++) {
                context.batch().add(tokens[i], i, 0, true);
            }
            context.decode();
            float[] hidden = new float[mean.length];
            for (int i = 0; i < tokens.length; i++) {
                context.hidden(i, hidden);
                for (int j = 0; j < mean.length; j++) {
                    mean[j] += hidden[j] / tokens.length;
                }
            }
        }
        double norm = 0;
        for (double x : mean) {
            norm += x * x;
        }
        for (int j = 0; j < mean.length; j++) {
            assertThat((double) embedding[j]).isCloseTo(mean[j] / Math.sqrt(norm), offset(1e-3));
        }
        assertThat(dot(embedding, embedding)).isCloseTo(1, offset(1e-5));
    }

    @Test
    void likeTextsAreNear() {
        float[] king = embed("The king and the queen lived in a castle.");

        assertThat(dot(king, embed("The queen and the king lived in a palace.")))
                .isGreaterThan(dot(king, embed("1, 2, 3, 4, 5, 6, 7, 8, 9")));
        assertThat(embed("The king and the queen lived in a castle.")).isEqualTo(king);
    }

    @Test
    void whatCannotBeEmbeddedIsRefused() {
        assertThatThrownBy(() -> embedder.embed(new int[0]))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("no tokens");
        assertThatThrownBy(() -> embedder.embed(new int[257]))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("257")
                .hasMessageContaining("256");
        assertThatThrownBy(() -> embedder.embed(new int[] {-1})).isInstanceOf(IllegalArgumentException.class);
        assertThat(embed("still there")).hasSize(embedder.embeddingLength());
    }

    @Test
    void isClosedOnce() {
        Embedder other = new Embedder(model, OPTIONS);
        assertThat(other.embed(new int[] {1})).hasSize(other.embeddingLength());
        other.close();
        other.close();

        assertThatThrownBy(() -> other.embed(new int[] {1})).isInstanceOf(ClosedException.class);
    }
}
