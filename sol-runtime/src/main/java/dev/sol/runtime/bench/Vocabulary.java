package dev.sol.runtime.bench;

import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.gguf.GgufFile;
import dev.sol.runtime.gguf.GgufValue;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A tokenizer for a random model: that of the embedded model, with tokens of no meaning up to the number that is wanted. */
final class Vocabulary {
    private static final String PREFIX = "tokenizer.";
    private static final String TOKENS = "tokenizer.ggml.tokens";
    private static final String SCORES = "tokenizer.ggml.scores";
    private static final String TYPES = "tokenizer.ggml.token_type";
    private static final int NORMAL = 1; // a token type
    private static final float NEVER = -1e6f; // no text is tokenised so

    private Vocabulary() {}

    /** The metadata of a tokenizer with {@code size} tokens, not fewer than the embedded model's. */
    static Map<String, GgufValue> ofSize(int size) {
        Map<String, GgufValue> metadata = new LinkedHashMap<>();
        try (GgufFile file = GgufFile.open(EmbeddedModel.file())) {
            file.metadata().forEach((key, value) -> {
                if (key.startsWith(PREFIX)) {
                    metadata.put(key, padded(key, value, size));
                }
            });
        } catch (IOException e) {
            throw new BenchException("the embedded model cannot be read: " + e.getMessage(), e);
        }
        return metadata;
    }

    private static GgufValue padded(String key, GgufValue value, int size) {
        return switch (key) {
            case TOKENS -> {
                List<String> tokens = new ArrayList<>(value.asStrings());
                while (tokens.size() < size) {
                    tokens.add("token" + tokens.size());
                }
                yield GgufValue.strings(tokens);
            }
            case SCORES -> {
                float[] scores = Arrays.copyOf(floats(value), size);
                Arrays.fill(scores, value.length(), size, NEVER);
                yield GgufValue.float32s(scores);
            }
            case TYPES -> {
                int[] types = Arrays.copyOf(
                        Arrays.stream(value.asLongs())
                                .mapToInt(Math::toIntExact)
                                .toArray(),
                        size);
                Arrays.fill(types, value.length(), size, NORMAL);
                yield GgufValue.int32s(types);
            }
            default -> value;
        };
    }

    private static float[] floats(GgufValue value) {
        float[] floats = new float[value.length()];
        value.content().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
        return floats;
    }
}
