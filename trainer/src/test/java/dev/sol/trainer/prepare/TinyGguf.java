package dev.sol.trainer.prepare;

import dev.sol.runtime.gguf.GgufTensor;
import dev.sol.runtime.gguf.GgufValue;
import dev.sol.runtime.gguf.GgufWriter;
import dev.sol.runtime.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** A Llama of two layers with random weights and a tokenizer of bytes. */
final class TinyGguf {
    static final int EMBEDDING = 64;
    static final int NEURONS = 96;
    static final int LAYERS = 2;
    static final int VOCABULARY = 257;

    private static final int HEADS = 4;
    private static final int END_OF_TEXT = 256;

    private final TensorType type;
    private final Random random = new Random(5);
    private final List<GgufTensor> tensors = new ArrayList<>();
    private final List<float[]> values = new ArrayList<>();

    private TinyGguf(TensorType type) {
        this.type = type;
    }

    /**
     * Writes a model.
     *
     * @param type of the matrices: F32, F16, BF16 or Q8_0
     * @param biases whether gate, up and down have them, in the first layer
     */
    static void write(Path file, TensorType type, boolean biases) throws IOException {
        new TinyGguf(type).build(file, biases);
    }

    private void build(Path file, boolean biases) throws IOException {
        Map<String, GgufValue> metadata = new LinkedHashMap<>();
        metadata.put("general.architecture", GgufValue.string("llama"));
        metadata.put("llama.context_length", GgufValue.uint32(128));
        metadata.put("llama.embedding_length", GgufValue.uint32(EMBEDDING));
        metadata.put("llama.block_count", GgufValue.uint32(LAYERS));
        metadata.put("llama.feed_forward_length", GgufValue.uint32(NEURONS));
        metadata.put("llama.attention.head_count", GgufValue.uint32(HEADS));
        metadata.put("llama.attention.layer_norm_rms_epsilon", GgufValue.float32(1e-5f));
        metadata.put("llama.rope.dimension_count", GgufValue.uint32(EMBEDDING / HEADS));
        metadata.put("tokenizer.ggml.model", GgufValue.string("gpt2"));
        metadata.put("tokenizer.ggml.pre", GgufValue.string("gpt-2"));
        metadata.put("tokenizer.ggml.tokens", GgufValue.strings(tokens()));
        int[] types = new int[VOCABULARY];
        Arrays.fill(types, 1);
        types[END_OF_TEXT] = 3;
        metadata.put("tokenizer.ggml.token_type", GgufValue.int32s(types));
        metadata.put("tokenizer.ggml.merges", GgufValue.strings(Collections.emptyList()));
        metadata.put("tokenizer.ggml.bos_token_id", GgufValue.uint32(END_OF_TEXT));
        metadata.put("tokenizer.ggml.eos_token_id", GgufValue.uint32(END_OF_TEXT));

        add("token_embd.weight", type, 1, EMBEDDING, VOCABULARY);
        for (int layer = 0; layer < LAYERS; layer++) {
            String block = "blk." + layer + ".";
            add(block + "attn_norm.weight", TensorType.F32, 1, EMBEDDING);
            for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
                add(block + name + ".weight", type, .2, EMBEDDING, EMBEDDING);
            }
            add(block + "ffn_norm.weight", TensorType.F32, 1, EMBEDDING);
            add(block + "ffn_gate.weight", type, .2, EMBEDDING, NEURONS);
            add(block + "ffn_up.weight", type, .2, EMBEDDING, NEURONS);
            add(block + "ffn_down.weight", type, .2, NEURONS, EMBEDDING);
            if (biases && layer == 0) {
                add(block + "ffn_gate.bias", TensorType.F32, .5, NEURONS);
                add(block + "ffn_up.bias", TensorType.F32, .5, NEURONS);
                add(block + "ffn_down.bias", TensorType.F32, .5, EMBEDDING);
            }
        }
        add("output_norm.weight", TensorType.F32, 1, EMBEDDING);
        add("output.weight", type, .2, EMBEDDING, VOCABULARY);
        try (GgufWriter out = GgufWriter.create(file, metadata, tensors)) {
            for (int i = 0; i < tensors.size(); i++) {
                out.write(encode(tensors.get(i).type(), values.get(i)));
            }
            out.finish();
        }
    }

    private void add(String name, TensorType tensorType, double scale, long... shape) {
        GgufTensor tensor = GgufTensor.of(name, tensorType, shape);
        float[] content = new float[(int) tensor.elements()];
        for (int i = 0; i < content.length; i++) {
            content[i] = (float) (scale * random.nextGaussian());
        }
        tensors.add(tensor);
        values.add(content);
    }

    private static MemorySegment encode(TensorType type, float[] values) {
        if (type == TensorType.Q8_0) {
            return MemorySegment.ofArray(Q8.quantise(values));
        }
        ByteBuffer out = ByteBuffer.allocate(values.length * type.blockBytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            switch (type) {
                case F32 -> out.putFloat(value);
                case F16 -> out.putShort(Float.floatToFloat16(value));
                case BF16 -> out.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
                default -> throw new IllegalArgumentException(type.toString());
            }
        }
        byte[] bytes = new byte[out.flip().remaining()];
        out.get(bytes);
        return MemorySegment.ofArray(bytes);
    }

    /** GPT-2 writes each byte as a printable character: most as themselves, the others from U+0100. */
    private static List<String> tokens() {
        List<String> tokens = new ArrayList<>();
        int other = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
            tokens.add(Character.toString(printable ? b : other++));
        }
        tokens.add("<|endoftext|>");
        return tokens;
    }
}
