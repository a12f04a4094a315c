package dev.sol.runtime.bench;

import dev.sol.runtime.RequestException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The sizes of a Llama.
 *
 * @param id the name that users write
 * @param layers number of layers
 * @param embedding floats in a hidden state
 * @param ffn neurons of a layer's MLP
 * @param heads query heads
 * @param kvHeads key and value heads
 * @param headSize floats of a head
 * @param vocabulary tokens
 * @param context tokens of the context that it would have been trained with
 * @param tied whether the input embedding is also the output's matrix
 */
record Shape(
        String id,
        int layers,
        int embedding,
        int ffn,
        int heads,
        int kvHeads,
        int headSize,
        int vocabulary,
        int context,
        boolean tied) {

    /** Meta's Llama 3.2 1B and 3B, and Llama 3.1 8B. */
    private static final List<Shape> KNOWN = List.of(
            new Shape("llama-1b", 16, 2048, 8192, 32, 8, 64, 128_256, 131_072, true),
            new Shape("llama-3b", 28, 3072, 8192, 24, 8, 128, 128_256, 131_072, true),
            new Shape("llama-8b", 32, 4096, 14_336, 32, 8, 128, 128_256, 131_072, false));

    /** With MLPs of so many neurons. */
    Shape withFfn(int value) {
        return new Shape(
                id + "-ffn" + value, layers, embedding, value, heads, kvHeads, headSize, vocabulary, context, tied);
    }

    /** Keys and values of one position, in all layers. */
    long kvElements() {
        return 2L * layers * kvHeads * headSize;
    }

    /** @throws RequestException if no shape is known by that name */
    static Shape of(String id) {
        return KNOWN.stream().filter(shape -> shape.id.equals(id)).findFirst().orElseThrow(() -> {
            String known = KNOWN.stream().map(Shape::id).collect(Collectors.joining(", "));
            return RequestException.invalid("synthetic", "--synthetic has no '%s'; there are: %s".formatted(id, known));
        });
    }
}
