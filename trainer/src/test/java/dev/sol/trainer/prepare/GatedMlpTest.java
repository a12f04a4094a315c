package dev.sol.trainer.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.gguf.GgufFile;
import dev.sol.runtime.gguf.GgufTensor;
import dev.sol.runtime.gguf.GgufWriter;
import dev.sol.runtime.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatedMlpTest {
    private static final long WIDTH = 32;
    private static final long NEURONS = 64;

    @TempDir
    Path folder;

    private static GgufTensor tensor(String name, long... shape) {
        return GgufTensor.of(name, TensorType.F16, shape);
    }

    private static final GgufTensor GATE = tensor("blk.0.ffn_gate.weight", WIDTH, NEURONS);
    private static final GgufTensor UP = tensor("blk.0.ffn_up.weight", WIDTH, NEURONS);
    private static final GgufTensor DOWN = tensor("blk.0.ffn_down.weight", NEURONS, WIDTH);
    private static final GgufTensor NORM = tensor("blk.0.ffn_norm.weight", WIDTH);

    private GatedMlp.Found find(GgufTensor... tensors) throws IOException {
        Path file = folder.resolve("a.gguf");
        try (GgufWriter out = GgufWriter.create(file, Map.of(), List.of(tensors))) {
            for (GgufTensor tensor : tensors) {
                out.write(MemorySegment.ofArray(new byte[(int) tensor.bytes()]));
            }
            out.finish();
        }
        try (GgufFile in = GgufFile.open(file)) {
            return GatedMlp.find(in, 1);
        }
    }

    private void isLeftAlone(String why, GgufTensor... tensors) throws IOException {
        GatedMlp.Found found = find(tensors);
        assertThat(found.mlps()).isEmpty();
        assertThat(found.leftAlone()).containsExactly("layer 0: " + why);
    }

    @Test
    void aGatedMlp() throws IOException {
        GgufTensor bias = tensor("blk.0.ffn_gate.bias", NEURONS);
        GatedMlp.Found found = find(NORM, GATE, UP, DOWN, bias, tensor("blk.0.ffn_down.bias", WIDTH));
        assertThat(found.leftAlone()).isEmpty();
        assertThat(found.mlps()).containsExactly(new GatedMlp(0, GATE, UP, DOWN, List.of(bias)));
        assertThat(found.mlps().getFirst().neurons()).isEqualTo(64);
        assertThat(found.mlps().getFirst().inputs()).isEqualTo(32);
        assertThat(found.mlps().getFirst().isQuantised()).isFalse();
        assertThat(new GatedMlp(0, GATE, UP, GgufTensor.of("d", TensorType.Q4_0, NEURONS, WIDTH), List.of())
                        .isQuantised())
                .isTrue();
    }

    @Test
    void othersAreLeftAlone() throws IOException {
        isLeftAlone("no MLP", NORM);
        isLeftAlone("no gate", NORM, UP, DOWN);
        isLeftAlone("gate and up are one matrix", tensor("blk.0.ffn_up.weight", WIDTH, 2 * NEURONS), DOWN);
        isLeftAlone("a mixture of experts", NORM, tensor("blk.0.ffn_gate_inp.weight", WIDTH, 4));
        isLeftAlone("a mixture of experts", GATE, UP, DOWN, tensor("blk.0.ffn_up_exps.weight", WIDTH, NEURONS, 4));
        isLeftAlone(
                "ffn_sub_norm.weight, of which nothing is known",
                GATE,
                UP,
                DOWN,
                tensor("blk.0.ffn_sub_norm.weight", NEURONS));
        isLeftAlone("gate, up and down do not fit together", GATE, UP, tensor("blk.0.ffn_down.weight", WIDTH, WIDTH));
    }
}
