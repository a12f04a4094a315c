package dev.sol.runtime.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.runtime.RequestException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

class PromptTextTest {
    @Test
    void anArgumentIsThePrompt() throws IOException {
        assertThat(PromptText.of("Once", InputStream.nullInputStream())).isEqualTo("Once");
    }

    @Test
    void aDashReadsTheInput() throws IOException {
        assertThat(PromptText.of("-", new ByteArrayInputStream("Es war é 🙂\n".getBytes(UTF_8))))
                .isEqualTo("Es war é 🙂\n");
    }

    @Test
    void inputThatIsNoUtf8IsRefused() {
        assertThatThrownBy(() -> PromptText.of("-", new ByteArrayInputStream("é".getBytes(ISO_8859_1))))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("UTF-8");
    }
}
