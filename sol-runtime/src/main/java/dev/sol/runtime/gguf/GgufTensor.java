package dev.sol.runtime.gguf;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * What a tensor is.
 *
 * @param name at most {@value #MAX_NAME} bytes of UTF-8
 * @param type how its elements are stored
 * @param shape in ggml's order: the first dimension is contiguous, a row; 1 to {@value #MAX_DIMENSIONS} dimensions
 */
public record GgufTensor(String name, TensorType type, List<Long> shape) {
    static final int MAX_NAME = 63;
    static final int MAX_DIMENSIONS = 4;

    /** @throws IllegalArgumentException if ggml would refuse the tensor; the message names it */
    public GgufTensor {
        shape = List.copyOf(shape);
        if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME) {
            throw wrong(name, "has a name of more than " + MAX_NAME + " bytes");
        }
        if (shape.isEmpty() || shape.size() > MAX_DIMENSIONS) {
            throw wrong(name, "has %d dimensions, not 1 to %d".formatted(shape.size(), MAX_DIMENSIONS));
        }
        if (shape.stream().anyMatch(n -> n < 0)) {
            throw wrong(name, "has a negative dimension: " + shape);
        }
        if (shape.getFirst() % type.blockElements() != 0) {
            throw wrong(
                    name,
                    "has rows of %d elements, which are no whole blocks of %d, as %s has them"
                            .formatted(shape.getFirst(), type.blockElements(), type));
        }
        try {
            type.bytes(elements(shape));
        } catch (ArithmeticException e) {
            throw wrong(name, "has too many elements: " + shape);
        }
    }

    /** A tensor with dimensions in ggml's order. */
    public static GgufTensor of(String name, TensorType type, long... shape) {
        return new GgufTensor(name, type, Arrays.stream(shape).boxed().toList());
    }

    private static IllegalArgumentException wrong(String name, String problem) {
        return new IllegalArgumentException("tensor '" + name + "' " + problem);
    }

    private static long elements(List<Long> shape) {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }

    /** All elements. */
    public long elements() {
        return elements(shape);
    }

    /** All bytes, without padding. */
    public long bytes() {
        return type.bytes(elements());
    }

    /** Elements in a row. */
    public long rowElements() {
        return shape.getFirst();
    }

    /** Bytes of a row. */
    public long rowBytes() {
        return type.bytes(rowElements());
    }

    /** Rows, in all dimensions but the first. */
    public long rows() {
        return elements(shape.subList(1, shape.size()));
    }
}
