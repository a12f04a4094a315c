package dev.sol.runtime.bench;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.gguf.GgufValue;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("model")
class VocabularyTest {
    private static final int SIZE = 20_000;

    @Test
    void hasAsManyDistinctTokensAsAskedFor() {
        Map<String, GgufValue> metadata = Vocabulary.ofSize(SIZE);
        List<String> tokens =
                requireNonNull(metadata.get("tokenizer.ggml.tokens")).asStrings();
        assertThat(tokens).hasSize(SIZE).doesNotHaveDuplicates();
        assertThat(requireNonNull(metadata.get("tokenizer.ggml.token_type")).length())
                .isEqualTo(SIZE);
    }

    @Test
    void aRandomModelWithItReadsTexts(@TempDir Path folder) {
        Shape tiny = new Shape("tiny", 1, 256, 256, 4, 1, 64, SIZE, 256, true);
        Path file = SyntheticFile.model(tiny, WeightType.of("q4_0"))
                .withVocabulary()
                .make(folder);
        String text = "Once upon a time";
        try (Model model = Model.load(file, ModelOptions.DEFAULT);
                Model embedded = Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT)) {
            assertThat(model.tokenizer().size()).isEqualTo(SIZE);
            assertThat(model.tokenizer().encode(text, true, false))
                    .isEqualTo(embedded.tokenizer().encode(text, true, false));
            assertThat(model.tokenizer().decode(SIZE - 1)).isEqualTo("token" + (SIZE - 1));
        }
    }
}
