package dev.sol.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.policy.Action;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.bench.BenchCase.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BenchCaseTest {
    @ParameterizedTest
    @CsvSource({
        "dense@0, 1, 1, false, 0",
        "dense@4096, 1, 1, false, 4096",
        "attn.25@4096, .25, 1, false, 4096",
        "mlp.5@0, 1, .5, false, 0",
        "attn.25+mlp.5@100, .25, .5, false, 100",
        "mlp0.5p+attn1@100, 1, .5, true, 100",
        "MLP.05P@1, 1, .05, true, 1"
    })
    void stepsWithADepth(String name, double attn, double mlp, boolean predicted, int depth) {
        BenchCase parsed = BenchCase.parse(" " + name, 7);
        assertThat(parsed.kind()).isEqualTo(Kind.STEP);
        assertThat(parsed.action()).isEqualTo(new Action(attn, mlp, 16));
        assertThat(parsed.predicted()).isEqualTo(predicted);
        assertThat(parsed.depth()).isEqualTo(depth);
        assertThat(parsed.name()).isEqualToIgnoringCase(name);
    }

    @Test
    void theDepthThatIsLeftOutIsInTheName() {
        assertThat(BenchCase.parse("attn.25+mlp.5", 512)).isEqualTo(BenchCase.parse("attn.25+mlp.5@512", 0));
    }

    @Test
    void ffns() {
        assertThat(BenchCase.parse("ffn.5", 512))
                .isEqualTo(new BenchCase("ffn.5", Kind.FFN, new Action(1, .5, 16), false, 0));
        assertThat(BenchCase.parse("ffn.25p", 512))
                .isEqualTo(new BenchCase("ffn.25p", Kind.FFN, new Action(1, .25, 16), true, 0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "@5",
                "dens@0",
                "dense.5@0",
                "dense+mlp.5",
                "attn@0",
                "attn0@0",
                "attn1.5@0",
                "attn.5p@0",
                "mlp.5+@0",
                "+mlp.5",
                "mlp.5+mlp.25",
                "mlp.5@",
                "mlp.5@-1",
                "mlp.5@1@2",
                "mlp.5@99999999999",
                "ffn",
                "ffn.5@10",
                "ffn.5+attn.5",
                "attn.5mlp.5"
            })
    void whatIsNoCase(String name) {
        assertThatThrownBy(() -> BenchCase.parse(name, 7))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("'" + name + "'");
    }
}
