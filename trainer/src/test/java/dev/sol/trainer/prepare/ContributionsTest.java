package dev.sol.trainer.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sol.runtime.gguf.GgufFile;
import dev.sol.runtime.gguf.GgufTensor;
import dev.sol.runtime.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records that are made up, and contributions computed from them against the definition. */
class ContributionsTest {
    private static final int TOKENS = 7;
    private static final int WIDTH = TinyGguf.EMBEDDING;
    private static final int NEURONS = TinyGguf.NEURONS;

    @TempDir
    Path folder;

    private final Random random = new Random(1);

    private float[] random(int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = Float.float16ToFloat(Float.floatToFloat16((float) random.nextGaussian()));
        }
        return values;
    }

    private static double[][] matrix(GgufFile file, GgufTensor tensor) {
        double[][] rows = new double[(int) tensor.rows()][(int) tensor.rowElements()];
        for (int i = 0; i < rows.length; i++) {
            new Rows(tensor, file.data(tensor)).read(i, rows[i], 0);
        }
        return rows;
    }

    private static double length(double[] values) {
        return Math.sqrt(Stream.of(values)
                .flatMapToDouble(Arrays::stream)
                .map(v -> v * v)
                .sum());
    }

    @Test
    void asDefined() throws IOException {
        Path tiny = folder.resolve("tiny.gguf");
        TinyGguf.write(tiny, TensorType.F32, true);
        try (GgufFile file = GgufFile.open(tiny)) {
            GatedMlp mlp = GatedMlp.find(file, 1).mlps().getFirst();
            double[][] up = matrix(file, mlp.up());
            double[][] down = matrix(file, mlp.down());
            double[] bias = matrix(file, file.tensor("blk.0.ffn_up.bias").orElseThrow())[0];
            double[] downNorms = new double[NEURONS];
            float[] norms = new float[NEURONS];
            for (int j = 0; j < NEURONS; j++) {
                int column = j;
                downNorms[j] =
                        length(Stream.of(down).mapToDouble(row -> row[column]).toArray());
                norms[j] = (float) (length(up[j]) * downNorms[j]);
            }
            float[] inputs = random(TOKENS * WIDTH);
            float[] gates = random(TOKENS * NEURONS);
            try (Records records = new Records(folder, List.of(mlp), TOKENS - 1)) {
                records.put(0, inputs, gates, 1, 4, norms); // the first token is not wanted
                records.advance(4);
                records.put(0, inputs, gates, 5, 2, norms);
                records.advance(2);
                int[] tokens = Contributions.spread(0, TOKENS - 1, 3);
                assertThat(tokens).containsExactly(0, 2, 4);

                float[][] energy = Contributions.energies(file, mlp, records, 0, tokens, Activation.SILU, () -> {});
                for (int i = 0; i < tokens.length; i++) {
                    int row = tokens[i] + 1;
                    double[] expected = new double[NEURONS];
                    double total = 0;
                    for (int j = 0; j < NEURONS; j++) {
                        double gate = gates[row * NEURONS + j];
                        double product = bias[j];
                        for (int c = 0; c < WIDTH; c++) {
                            product += up[j][c] * inputs[row * WIDTH + c];
                        }
                        expected[j] = Math.pow(gate / (1 + Math.exp(-gate)) * product * downNorms[j], 2);
                        total += expected[j];
                    }
                    for (int j = 0; j < NEURONS; j++) {
                        assertThat((double) energy[j][i]).isCloseTo(expected[j] / total, within(1e-6));
                    }
                }
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).as("records leave no file").containsExactly(tiny);
        }
    }

    @Test
    void activations() {
        // Worked out with a calculator, to 7 digits.
        assertThat(Activation.of("llama").apply(1.5f)).isCloseTo(1.2263618f, within(1e-6f));
        assertThat(Activation.of("gemma3").apply(1.5f)).isCloseTo(1.3995717f, within(1e-6f));
        assertThat(Activation.of("gemma3").apply(-.5f)).isCloseTo(-.1542860f, within(1e-6f));
    }
}
