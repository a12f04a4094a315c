package dev.sol.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.runtime.ModelInfo;
import dev.sol.runtime.RequestException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProtocolTest {
    private static ModelInfo model(int context) {
        return new ModelInfo("llama", null, "llama tiny F16", "F16", 1, 2, 2, 4, 2, 64, 100, context);
    }

    /** context | windows | prefix | stretch | the same, filled in */
    @ParameterizedTest
    @CsvSource({
        "256, 0, 0, 0, 157, 127, 128",
        "8192, 0, 0, 0, 40, 512, 512",
        "0, 0, 0, 0, 40, 512, 512",
        "256, 0, 200, 0, 364, 200, 55",
        "256, 9, 0, 64, 9, 191, 64",
        "512, 3, 64, 32, 3, 64, 32",
    })
    void defaults(int context, int windows, int prefix, int stretch, int filled, int dense, int scored) {
        Protocol protocol = Protocol.of(windows, prefix, stretch, 7, model(context));

        assertThat(protocol).isEqualTo(new Protocol(filled, dense, scored));
        assertThat(protocol.length()).isEqualTo(dense + scored + 1);
        assertThat((long) protocol.windows() * protocol.stretch())
                .isGreaterThanOrEqualTo(windows > 0 ? 0 : Protocol.DEFAULT_TOKENS);
    }

    /** windows | prefix | stretch | a part of the message */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            -1 |   0 |   0 | --windows must be at least 0, not -1
             0 |  -5 |   0 | --prefix must be at least 0
             0 |   0 |  -5 | --stretch must be at least 0
             0 | 200 | 100 | do not fit the model's context of 256
             0 | 256 |   0 | do not fit the model's context of 256
             0 |   2 |   3 | no step would be effective
            """)
    void wrong(int windows, int prefix, int stretch, String message) {
        assertThatThrownBy(() -> Protocol.of(windows, prefix, stretch, 7, model(256)))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining(message);
    }

    @Test
    void theLastTokenIsALabel() {
        assertThat(new Protocol(1, 10, 5).length()).isEqualTo(16);
    }
}
