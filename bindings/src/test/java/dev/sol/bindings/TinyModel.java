package dev.sol.bindings;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** A Llama of two layers with random weights and a tokenizer of bytes: every text is tokens, one for each byte but "he". */
final class TinyModel {
    static final int EMBEDDING = 64;
    static final int FEED_FORWARD = 96;
    static final int LAYERS = 2;
    static final int HEADS = 4;
    static final int KV_HEADS = 2;
    static final int CONTEXT = 512;
    static final int HE = 256;
    static final int END_OF_TEXT = 257;
    static final int VOCABULARY = 258;

    private final GgufWriter gguf = new GgufWriter();
    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(42);

    private final float outputScale;

    private TinyModel(float outputScale) {
        this.outputScale = outputScale;
    }

    /** The embedding of every token; {@code [VOCABULARY][EMBEDDING]}. */
    static float[] write(Path file) throws IOException {
        return new TinyModel(1).build(file);
    }

    /** A model whose logits are all NaN. */
    static void writeDamaged(Path file) throws IOException {
        new TinyModel(Float.NaN).build(file);
    }

    private float[] build(Path file) throws IOException {
        gguf.put("general.architecture", "llama")
                .put("general.name", "Tiny Llama für Tests")
                .put("llama.context_length", CONTEXT)
                .put("llama.embedding_length", EMBEDDING)
                .put("llama.block_count", LAYERS)
                .put("llama.feed_forward_length", FEED_FORWARD)
                .put("llama.attention.head_count", HEADS)
                .put("llama.attention.head_count_kv", KV_HEADS)
                .put("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .put("llama.rope.dimension_count", EMBEDDING / HEADS)
                .put("tokenizer.ggml.model", "gpt2")
                .put("tokenizer.ggml.pre", "gpt-2")
                .putStrings("tokenizer.ggml.tokens", tokens())
                .putInts("tokenizer.ggml.token_type", tokenTypes())
                .putStrings("tokenizer.ggml.merges", List.of("h e"))
                .put("tokenizer.ggml.bos_token_id", END_OF_TEXT)
                .put("tokenizer.ggml.eos_token_id", END_OF_TEXT)
                .put("tokenizer.ggml.add_bos_token", true);

        int head = EMBEDDING / HEADS;
        float[] embedding = matrix("token_embd.weight", EMBEDDING, VOCABULARY);
        for (int layer = 0; layer < LAYERS; layer++) {
            String block = "blk." + layer + ".";
            norm(block + "attn_norm.weight");
            matrix(block + "attn_q.weight", EMBEDDING, EMBEDDING);
            matrix(block + "attn_k.weight", EMBEDDING, KV_HEADS * head);
            matrix(block + "attn_v.weight", EMBEDDING, KV_HEADS * head);
            matrix(block + "attn_output.weight", EMBEDDING, EMBEDDING);
            norm(block + "ffn_norm.weight");
            matrix(block + "ffn_gate.weight", EMBEDDING, FEED_FORWARD);
            matrix(block + "ffn_up.weight", EMBEDDING, FEED_FORWARD);
            matrix(block + "ffn_down.weight", FEED_FORWARD, EMBEDDING);
        }
        norm("output_norm.weight");
        matrix("output.weight", EMBEDDING, VOCABULARY, outputScale);
        gguf.write(file);
        return embedding;
    }

    private float[] matrix(String name, int inputs, int outputs) {
        return matrix(name, inputs, outputs, 1);
    }

    private float[] matrix(String name, int inputs, int outputs, float scale) {
        float[] values = new float[inputs * outputs];
        for (int i = 0; i < values.length; i++) {
            values[i] = scale * (float) random.nextGaussian(0, 0.2);
        }
        gguf.tensor(name, values, inputs, outputs);
        return values;
    }

    private void norm(String name) {
        float[] ones = new float[EMBEDDING];
        Arrays.fill(ones, 1);
        gguf.tensor(name, ones, EMBEDDING);
    }

    /** GPT-2 writes each byte as a printable character: most as themselves, the others from U+0100. */
    private static List<String> tokens() {
        List<String> tokens = new ArrayList<>();
        int other = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
            tokens.add(Character.toString(printable ? b : other++));
        }
        tokens.add("he");
        tokens.add("<|endoftext|>");
        return tokens;
    }

    private static List<Integer> tokenTypes() {
        List<Integer> types = new ArrayList<>(Collections.nCopies(VOCABULARY, 1)); // normal
        types.set(END_OF_TEXT, 3); // control
        return types;
    }
}
