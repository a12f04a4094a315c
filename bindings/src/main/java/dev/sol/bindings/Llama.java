package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Functions of llama.h about a model and its vocabulary. They only read and may be called by several threads at once. */
public final class Llama {
    /** What the functions for special tokens return when the model has no such token. */
    public static final int NO_TOKEN = SolNative.LLAMA_TOKEN_NULL();

    private Llama() {}

    // ---- Model
    // -------------------------------------------------------------------------------------------------------

    /** Architecture, size and quantisation in a few words, such as {@code llama 1B Q4_0}. */
    public static String description(ModelHandle model) {
        String text = text((buffer, size) -> SolNative.llama_model_desc(model.llama(), buffer, size));
        return text == null ? "" : text;
    }

    /** The sum of all tensors, in bytes. */
    public static long sizeBytes(ModelHandle model) {
        return SolNative.llama_model_size(model.llama());
    }

    /** The number of weights. */
    public static long parameterCount(ModelHandle model) {
        return SolNative.llama_model_n_params(model.llama());
    }

    /** The number of layers; 0 for a model that was loaded with {@code vocabOnly}. */
    public static int layerCount(ModelHandle model) {
        return SolNative.llama_model_n_layer(model.llama());
    }

    /** The number of query heads of the first layer; 0 without layers, where llama.cpp would abort. */
    public static int headCount(ModelHandle model) {
        return layerCount(model) == 0 ? 0 : SolNative.llama_model_n_head(model.llama());
    }

    /** The number of key and value heads of the first layer; 0 without layers, where llama.cpp would abort. */
    public static int kvHeadCount(ModelHandle model) {
        return layerCount(model) == 0 ? 0 : SolNative.llama_model_n_head_kv(model.llama());
    }

    /** The context length, in tokens, that the model was trained with. */
    public static int trainingContextLength(ModelHandle model) {
        return SolNative.llama_model_n_ctx_train(model.llama());
    }

    /** The value of a key of the GGUF file as text; null without the key and for an array, which llama.cpp does not keep. */
    public static @Nullable String metadata(ModelHandle model, String key) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(key);
            return text((buffer, size) -> SolNative.llama_model_meta_val_str(model.llama(), name, buffer, size));
        }
    }

    /** All keys and values of the GGUF file but arrays, ordered by key. */
    public static SortedMap<String, String> metadata(ModelHandle model) {
        int count = SolNative.llama_model_meta_count(model.llama());
        SortedMap<String, String> result = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            int index = i;
            String key = text((b, n) -> SolNative.llama_model_meta_key_by_index(model.llama(), index, b, n));
            String value = text((b, n) -> SolNative.llama_model_meta_val_str_by_index(model.llama(), index, b, n));
            if (key != null && value != null) {
                result.put(key, value);
            }
        }
        return result;
    }

    /**
     * A chat template of the model (Jinja), null without one.
     *
     * @param name of the template; null is the default one
     */
    public static @Nullable String chatTemplate(ModelHandle model, @Nullable String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment template = SolNative.llama_model_chat_template(
                    model.llama(), name == null ? MemorySegment.NULL : arena.allocateFrom(name));
            return template.address() == 0 ? null : template.getString(0);
        }
    }

    // ---- Vocabulary
    // --------------------------------------------------------------------------------------------------

    /** The token that begins a text, or {@link #NO_TOKEN}. */
    public static int bosToken(VocabHandle vocab) {
        return SolNative.llama_vocab_bos(vocab.address());
    }

    /** The token that ends a text, or {@link #NO_TOKEN}. */
    public static int eosToken(VocabHandle vocab) {
        return SolNative.llama_vocab_eos(vocab.address());
    }

    /** The token that ends a turn of a chat, or {@link #NO_TOKEN}. */
    public static int eotToken(VocabHandle vocab) {
        return SolNative.llama_vocab_eot(vocab.address());
    }

    /**
     * Whether generation ends with this token (EOS, EOT and the like).
     *
     * @throws InvalidArgumentException if there is no such token
     */
    public static boolean isEndOfGeneration(VocabHandle vocab, int token) {
        vocab.check(token);
        return SolNative.llama_vocab_is_eog(vocab.address(), token);
    }

    /** Whether {@link Sol#tokenize} with {@code addSpecial} begins with {@link #bosToken}. */
    public static boolean addsBos(VocabHandle vocab) {
        return SolNative.llama_vocab_get_add_bos(vocab.address());
    }

    /** Whether {@link Sol#tokenize} with {@code addSpecial} ends with {@link #eosToken}. */
    public static boolean addsEos(VocabHandle vocab) {
        return SolNative.llama_vocab_get_add_eos(vocab.address());
    }

    // ---- Text of llama.h
    // ---------------------------------------------------------------------------------------------

    /** A call in the manner of snprintf: writes at most {@code size} bytes and returns the length of the whole text. */
    @FunctionalInterface
    private interface TextCall {
        int write(MemorySegment buffer, long size);
    }

    /** The text, null when the call returns a negative number. */
    private static @Nullable String text(TextCall call) {
        Scratch scratch = Scratch.current();
        MemorySegment buffer = scratch.buffer(1);
        int length = call.write(buffer, buffer.byteSize());
        if (length >= buffer.byteSize()) {
            buffer = scratch.buffer(length + 1L);
            length = call.write(buffer, buffer.byteSize());
        }
        if (length < 0) {
            return null;
        }
        byte[] bytes = buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
