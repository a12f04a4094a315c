package dev.sol.trainer.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.gguf.GgufValue;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TokenizerFingerprintTest {
    private static final Map<String, GgufValue> METADATA = Map.of(
            "tokenizer.ggml.model", GgufValue.string("gpt2"),
            "tokenizer.ggml.tokens", GgufValue.strings(List.of("a", "b")),
            "general.name", GgufValue.string("one"));

    private static String with(String key, GgufValue value) {
        Map<String, GgufValue> metadata = new HashMap<>(METADATA);
        metadata.put(key, value);
        return TokenizerFingerprint.of(metadata);
    }

    @Test
    void dependsOnTheTokenizerAlone() {
        String fingerprint = TokenizerFingerprint.of(METADATA);

        assertThat(fingerprint).hasSize(64).isEqualTo(TokenizerFingerprint.of(new HashMap<>(METADATA)));
        assertThat(with("general.name", GgufValue.string("other"))).isEqualTo(fingerprint);
        assertThat(with("tokenizer.chat_template", GgufValue.string("{{x}}"))).isEqualTo(fingerprint);
        assertThat(with("tokenizer.ggml.tokens", GgufValue.strings(List.of("a", "c"))))
                .isNotEqualTo(fingerprint);
        assertThat(with("tokenizer.ggml.tokens", GgufValue.strings(List.of("ab", ""))))
                .isNotEqualTo(fingerprint);
        assertThat(with("tokenizer.ggml.add_bos_token", GgufValue.bool(true))).isNotEqualTo(fingerprint);
    }

    @Test
    @Tag("model")
    void ofAFile() throws IOException {
        assertThat(TokenizerFingerprint.of(EmbeddedModel.file()))
                .hasSize(64)
                .isEqualTo(TokenizerFingerprint.of(EmbeddedModel.file()));
    }
}
