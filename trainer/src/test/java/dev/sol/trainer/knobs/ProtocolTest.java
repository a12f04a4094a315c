package dev.sol.trainer.knobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.runtime.ModelInfo;
import dev.sol.runtime.RequestException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProtocolTest {
    private static ModelInfo model(int contextLength) {
        return new ModelInfo("llama", null, "llama", "F16", 1, 1, 1, 1, 1, 1, 1, contextLength);
    }

    /** asked for: context, prefix; the model's context; used: context, prefix */
    @ParameterizedTest
    @CsvSource({
        "0,   0,   256,    256,  32",
        "0,   0,   131072, 1024, 128",
        "0,   0,   0,      1024, 128",
        "64,  0,   256,    64,   8",
        "32,  0,   256,    32,   7",
        "64,  20,  256,    64,   20",
        "4096, 0,  131072, 4096, 512",
        "9,   7,   256,    9,    7",
    })
    void defaults(int context, int prefix, int trained, int usedContext, int usedPrefix) {
        assertThat(Protocol.of(context, prefix, model(trained))).isEqualTo(new Protocol(usedContext, usedPrefix));
    }

    @ParameterizedTest
    @CsvSource({
        "257, 0,  --context must be from 1 to 256", //
        "-1,  0,  --context must be from 1 to 256",
        "64,  6,  at least 7",
        "64,  -6, at least 7",
        "64,  63, at most 2 less than the context of 64",
        "8,   0,  at most 2 less than the context of 8",
    })
    void whatLeavesNothing(int context, int prefix, String message) {
        assertThatThrownBy(() -> Protocol.of(context, prefix, model(256)))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining(message);
    }

    @Test
    void tokensAreRoundedUpToWindows() {
        Protocol protocol = new Protocol(256, 32);

        assertThat(protocol.scoredPerWindow()).isEqualTo(223);
        assertThat(protocol.windows(1)).isEqualTo(1);
        assertThat(protocol.windows(223)).isEqualTo(1);
        assertThat(protocol.windows(224)).isEqualTo(2);
        assertThat(protocol.windows(20_000)).isEqualTo(90);
    }
}
