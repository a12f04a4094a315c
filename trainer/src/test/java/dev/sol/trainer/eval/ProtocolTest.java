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

    /** context | tokens | prefix | stretch | windows, prefix and stretch */
    @ParameterizedTest
    @CsvSource({
        "256, 50000, 0, 0, 391, 127, 128",
        "8192, 50000, 0, 0, 98, 512, 512",
        "0, 50000, 0, 0, 98, 512, 512",
        "256, 20000, 200, 0, 364, 200, 55",
        "256, 576, 0, 64, 9, 191, 64",
        "512, 65, 64, 32, 3, 64, 32",
    })
    void defaults(int context, int tokens, int prefix, int stretch, int filled, int dense, int scored) {
        Protocol protocol = Protocol.of(tokens, prefix, stretch, 7, model(context));

        assertThat(protocol).isEqualTo(new Protocol(filled, dense, scored));
        assertThat(protocol.length()).isEqualTo(dense + scored + 1);
        assertThat((long) protocol.windows() * protocol.stretch()).isBetween((long) tokens, (long) tokens + scored - 1);
    }

    /** tokens | prefix | stretch | a part of the message */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
             0 |   0 |   0 | --tokens must be at least 1, not 0
             9 |  -5 |   0 | --prefix must be at least 0
             9 |   0 |  -5 | --stretch must be at least 0
             9 | 200 | 100 | do not fit the model's context of 256
             9 | 256 |   0 | do not fit the model's context of 256
             9 |   2 |   3 | no step would be effective
            """)
    void wrong(int tokens, int prefix, int stretch, String message) {
        assertThatThrownBy(() -> Protocol.of(tokens, prefix, stretch, 7, model(256)))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining(message);
    }

    @Test
    void theLastTokenIsALabel() {
        assertThat(new Protocol(1, 10, 5).length()).isEqualTo(16);
    }
}
