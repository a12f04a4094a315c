package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;
import dev.sol.bindings.gen.sol_token_score;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The functions of sol.h.
 *
 * <p>Every function throws the {@link SolException} of the status that the native call returns; the functions that need no
 * handle throw {@link NativeLibraryException} when the library cannot be loaded. Models may be shared between threads; a
 * context is used by one thread at a time, {@link #cancel} and {@link #uncancel} excepted. Nothing here owns anything: see the package.
 *
 * <p>Text crosses as UTF-8. A surrogate without its pair, which no UTF-8 can hold, becomes {@code ?}.
 */
public final class Sol {
    private static final int TOKEN_BYTES = 64; // more than most tokens have; a longer one costs a second call

    private static final int MAX_STATE = Integer.MAX_VALUE - 8; // the longest array

    private Sol() {}

    // ---- Library
    // -----------------------------------------------------------------------------------------------------

    /** One line of JSON with the llama.cpp tree, the compiler and the flags of the native library. */
    public static String buildInfo() {
        NativeLibrary.load();
        return SolNative.sol_build_info().getString(0);
    }

    /**
     * Drops messages of llama.cpp below {@code level}; the others go to the standard error stream. The default is
     * {@link LogLevel#ERROR}. For the whole process.
     */
    public static void setLogLevel(LogLevel level) {
        NativeLibrary.load();
        SolNative.sol_log_level(level.code());
    }

    // ---- Models
    // ------------------------------------------------------------------------------------------------------

    /** The native defaults. */
    public static ModelParams defaultModelParams() {
        NativeLibrary.load();
        try (Arena arena = Arena.ofConfined()) {
            return ModelParams.read(SolNative.sol_model_default_params(arena));
        }
    }

    /**
     * Loads a GGUF file (of a split one: its first part), which is checked before llama.cpp sees it. The caller owns the model
     * and frees it with {@link #freeModel}.
     *
     * @throws ModelNotFoundException if there is no such file
     * @throws InvalidModelException if it is not a GGUF, is damaged, or holds a model of an unsupported kind; all of that also of
     *     the predictor
     */
    public static ModelHandle loadModel(Path file, ModelParams params) {
        NativeLibrary.load();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment model = arena.allocate(SolNative.C_POINTER);
            check(SolNative.sol_model_load(arena.allocateFrom(file.toString()), params.write(arena), model));
            return new ModelHandle(model.get(SolNative.C_POINTER, 0));
        }
    }

    /** Frees a model that has no contexts any more. */
    public static void freeModel(ModelHandle model) {
        SolNative.sol_model_free(model.address());
    }

    /**
     * Bytes of memory that the model's contexts have needed beside its weights so far, and share: down projections in another
     * order, the predictor.
     */
    public static long extraBytes(ModelHandle model) {
        return SolNative.sol_model_extra_bytes(model.address());
    }

    /**
     * Copies the row of {@code token} in the input embedding to {@code out}, without a scale that an architecture may apply.
     *
     * @param out {@link ModelHandle#embeddingLength()} floats
     */
    public static void tokenEmbedding(ModelHandle model, int token, float[] out) {
        checkLength("embedding", out.length, model.embeddingLength());
        MemorySegment row = Scratch.current().buffer(out.length * ValueLayout.JAVA_FLOAT.byteSize());
        check(SolNative.sol_model_token_embedding(model.address(), token, row));
        MemorySegment.copy(row, ValueLayout.JAVA_FLOAT, 0, out, 0, out.length);
    }

    /**
     * The tokens of a text.
     *
     * @param addSpecial add the tokens that the model expects around a text (BOS, EOS)
     * @param parseSpecial read the names of special tokens in the text ({@code <|im_end|>}) as these tokens, not as plain text
     * @throws InvalidArgumentException if the model has no tokenizer, or the text is longer than 2 GiB
     */
    public static int[] tokenize(ModelHandle model, String text, boolean addSpecial, boolean parseSpecial) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        // No tokenizer makes more tokens than bytes, special ones aside; the native side says so if one does.
        int guess = (int) Math.min(utf8.length + 16L, Integer.MAX_VALUE);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, utf8);
            MemorySegment n = arena.allocate(SolNative.C_INT);
            for (int capacity = guess; ; ) {
                MemorySegment tokens = arena.allocate(SolNative.C_INT, capacity);
                int status = SolNative.sol_tokenize(
                        model.address(), bytes, utf8.length, addSpecial, parseSpecial, tokens, capacity, n);
                int count = n.get(SolNative.C_INT, 0);
                if (isTooSmall(status, count, capacity)) {
                    capacity = count;
                    continue;
                }
                check(status);
                return tokens.asSlice(0, count * ValueLayout.JAVA_INT.byteSize())
                        .toArray(ValueLayout.JAVA_INT);
            }
        }
    }

    /**
     * The bytes of one token; they need not be whole UTF-8 characters.
     *
     * @param special write the name of a special token; without it such a token has no bytes
     * @throws InvalidArgumentException if there is no such token
     */
    public static byte[] tokenBytes(ModelHandle model, int token, boolean special) {
        Scratch scratch = Scratch.current();
        for (int capacity = TOKEN_BYTES; ; ) {
            MemorySegment bytes = scratch.buffer(capacity);
            int status = SolNative.sol_token_bytes(model.address(), token, special, bytes, capacity, scratch.count());
            int count = scratch.countValue();
            if (isTooSmall(status, count, capacity)) {
                capacity = count;
                continue;
            }
            check(status);
            byte[] result = new byte[count];
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, result, 0, count);
            return result;
        }
    }

    /**
     * Writes the model {@code in} (F32, F16 or BF16) quantised as {@code out}, which is overwritten.
     *
     * @param threads 0 or less: one for each processor
     */
    public static void quantize(Path in, Path out, FileType type, int threads) {
        NativeLibrary.load();
        try (Arena arena = Arena.ofConfined()) {
            check(SolNative.sol_model_quantize(
                    arena.allocateFrom(in.toString()), arena.allocateFrom(out.toString()), type.code(), threads));
        }
    }

    // ---- Contexts
    // ----------------------------------------------------------------------------------------------------

    /** The native defaults; {@code threads} is the number of processors of this machine. */
    public static ContextParams defaultContextParams() {
        NativeLibrary.load();
        try (Arena arena = Arena.ofConfined()) {
            return ContextParams.read(SolNative.sol_context_default_params(arena));
        }
    }

    /** Makes a context, which the caller frees with {@link #freeContext} before the model. */
    public static ContextHandle createContext(ModelHandle model, ContextParams params) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment context = arena.allocate(SolNative.C_POINTER);
            check(SolNative.sol_context_create(model.address(), params.write(arena), context));
            return new ContextHandle(context.get(SolNative.C_POINTER, 0), model);
        }
    }

    /** Frees a context that no thread is using. */
    public static void freeContext(ContextHandle context) {
        SolNative.sol_context_free(context.address());
    }

    /** The KV cells of the context: {@link ContextParams#contextSize()} after rounding. */
    public static int contextSize(ContextHandle context) {
        return SolNative.sol_context_n_ctx(context.address());
    }

    /** What the knobs can do in layer {@code layer}, 0 to {@link Llama#layerCount} - 1. */
    public static LayerInfo layerInfo(ContextHandle context, int layer) {
        MemorySegment info = Scratch.current().layerInfo();
        check(SolNative.sol_context_layer_info(context.address(), layer, info));
        return LayerInfo.read(info);
    }

    // ---- Decoding
    // ----------------------------------------------------------------------------------------------------

    /**
     * Computes the tokens of the batch and adds them to the KV cache. After an error the cache holds none of the tokens that
     * were not computed.
     *
     * @throws KvCacheFullException if there is no room; the KV cache is as before
     * @throws DecodeCancelledException after {@link #cancel}
     */
    public static void decode(ContextHandle context, BatchBuffer batch) {
        check(SolNative.sol_decode(context.address(), batch.struct()));
    }

    /** Makes the running or the next {@link #decode} of the context end with {@link DecodeCancelledException}. Any thread. */
    public static void cancel(ContextHandle context) {
        SolNative.sol_context_cancel(context.address());
    }

    /** Forgets a {@link #cancel} that came too late for its decode, so that it does not hit the next one. Any thread. */
    public static void uncancel(ContextHandle context) {
        SolNative.sol_context_uncancel(context.address());
    }

    /**
     * The logits of token {@code i} of the last batch, which must have been an output: a read-only view of
     * {@link ContextHandle#vocabularySize()} native floats.
     *
     * <p>The view is valid until the next decode of the context and is not checked: reading it later, or after the context was
     * freed, reads something else or crashes. Whoever keeps the numbers uses {@link #copyLogits}.
     */
    public static MemorySegment logits(ContextHandle context, int i) {
        return logits(context, i, Scratch.current()).asReadOnly();
    }

    /**
     * Copies the logits of token {@code i} of the last batch, which must have been an output.
     *
     * @param out {@link ContextHandle#vocabularySize()} floats
     */
    public static void copyLogits(ContextHandle context, int i, float[] out) {
        checkLength("logits", out.length, context.vocabularySize());
        MemorySegment.copy(logits(context, i, Scratch.current()), ValueLayout.JAVA_FLOAT, 0, out, 0, out.length);
    }

    private static MemorySegment logits(ContextHandle context, int i, Scratch scratch) {
        check(SolNative.sol_logits(context.address(), i, scratch.pointer()));
        return scratch.floats(context.vocabularySize());
    }

    /**
     * The hidden state, after the final norm, of token {@code i} of the last batch, which must have been an output: a read-only
     * view of {@link ContextHandle#embeddingLength()} native floats, valid as {@link #logits} is.
     */
    public static MemorySegment hidden(ContextHandle context, int i) {
        return hidden(context, i, Scratch.current()).asReadOnly();
    }

    /**
     * Copies the hidden state, after the final norm, of token {@code i} of the last batch, which must have been an output.
     *
     * @param out {@link ContextHandle#embeddingLength()} floats
     */
    public static void copyHidden(ContextHandle context, int i, float[] out) {
        checkLength("hidden state", out.length, context.embeddingLength());
        MemorySegment.copy(hidden(context, i, Scratch.current()), ValueLayout.JAVA_FLOAT, 0, out, 0, out.length);
    }

    private static MemorySegment hidden(ContextHandle context, int i, Scratch scratch) {
        check(SolNative.sol_hidden(context.address(), i, scratch.pointer()));
        return scratch.floats(context.embeddingLength());
    }

    /** What token {@code i} of the last batch used. The batch must have had knobs. */
    public static Usage usage(ContextHandle context, int i) {
        MemorySegment usage = Scratch.current().usage();
        check(SolNative.sol_get_usage(context.address(), i, usage));
        return Usage.read(usage);
    }

    /**
     * What chose the neurons of the gated MLP in {@code layer}, for each token of the last batch: all of them outputs, with knobs,
     * in a context with {@link ContextParams#recordMlp}. Valid as {@link #logits} is.
     *
     * @throws InvalidArgumentException if nothing was recorded for the layer
     */
    public static MlpRecord mlpRecord(ContextHandle context, int layer) {
        MemorySegment struct = Scratch.current().mlpRecord();
        check(SolNative.sol_get_mlp_record(context.address(), layer, struct));
        return MlpRecord.read(struct);
    }

    /** {@link #sample(ContextHandle, SamplerHandle, GrammarHandle, int)} without a grammar. */
    public static int sample(ContextHandle context, SamplerHandle sampler, int i) {
        return sample(context, sampler, null, i);
    }

    /**
     * Samples from the logits of token {@code i} of the last batch and tells the sampler and the grammar. What the sampler picks
     * is kept if the grammar allows it; if not, the sampler picks among the tokens that the grammar allows.
     *
     * @param grammar null: none
     * @return the token
     * @throws InvalidArgumentException if the grammar or a bias leaves no token, beginning with {@code grammar:} or {@code
     *     logit_bias:}
     * @throws InvalidModelException if the logits are NaN or infinite: the model's weights are damaged
     * @throws NativeErrorException if the chain ends without a sampler that picks a token
     */
    public static int sample(ContextHandle context, SamplerHandle sampler, @Nullable GrammarHandle grammar, int i) {
        Scratch scratch = Scratch.current();
        MemorySegment grammarAddress = grammar == null ? MemorySegment.NULL : grammar.address();
        check(SolNative.sol_sample(context.address(), sampler.address(), grammarAddress, i, scratch.count()));
        return scratch.countValue();
    }

    // ---- Scores
    // ------------------------------------------------------------------------------------------------------

    /** Floats of one token in what {@link #score} writes: log p(label), entropy, margin and KL divergence, in nats. */
    public static final int SCORE_VALUES = 4;

    /**
     * Scores the distributions of tokens of the last batch, which must have been outputs.
     *
     * @param tokens their indices in the batch
     * @param labels [n] the token whose log probability is wanted for each, -1 = none (it is NaN then); null = none for all
     * @param reference what the KL divergence is from, KL(reference ‖ this); null = none (it is NaN then)
     * @param rows [n] the row of {@code reference} for each; null without one
     * @param out [n][{@link #SCORE_VALUES}]
     * @throws InvalidModelException if logits are NaN or infinite: the model's weights are damaged
     */
    public static void score(
            ContextHandle context,
            int[] tokens,
            int @Nullable [] labels,
            @Nullable LogProbabilitiesHandle reference,
            int @Nullable [] rows,
            float[] out) {
        int n = tokens.length;
        checkLength("scores", out.length, n * SCORE_VALUES);
        if (labels != null) {
            checkLength("labels", labels.length, n);
        }
        if ((reference == null) != (rows == null)) {
            throw new InvalidArgumentException("a reference needs its rows, and rows need a reference");
        }
        if (rows != null) {
            checkLength("rows", rows.length, n);
        }
        long ints = n * ValueLayout.JAVA_INT.byteSize();
        MemorySegment memory = Scratch.current().buffer(3 * ints + sol_token_score.sizeof() * n);
        MemorySegment labelsAt = memory.asSlice(ints);
        MemorySegment rowsAt = memory.asSlice(2 * ints);
        MemorySegment scoresAt = memory.asSlice(3 * ints);
        MemorySegment.copy(tokens, 0, memory, ValueLayout.JAVA_INT, 0, n);
        if (labels == null) {
            labelsAt.asSlice(0, ints).fill((byte) -1);
        } else {
            MemorySegment.copy(labels, 0, labelsAt, ValueLayout.JAVA_INT, 0, n);
        }
        if (rows != null) {
            MemorySegment.copy(rows, 0, rowsAt, ValueLayout.JAVA_INT, 0, n);
        }
        check(SolNative.sol_score(
                context.address(),
                n,
                memory,
                labelsAt,
                reference == null ? MemorySegment.NULL : reference.address(),
                rows == null ? MemorySegment.NULL : rowsAt,
                scoresAt));
        MemorySegment.copy(scoresAt, ValueLayout.JAVA_FLOAT, 0, out, 0, out.length);
    }

    /**
     * Makes room for {@code rows} distributions over the model's vocabulary, 4 bytes for each of its tokens. The caller frees it
     * with {@link #freeLogProbabilities}; the model need not outlive it.
     */
    public static LogProbabilitiesHandle createLogProbabilities(ModelHandle model, int rows) {
        Scratch scratch = Scratch.current();
        check(SolNative.sol_logprobs_create(model.address(), rows, scratch.pointer()));
        return new LogProbabilitiesHandle(scratch.pointer().get(SolNative.C_POINTER, 0));
    }

    /** Frees log probabilities that no thread is using. */
    public static void freeLogProbabilities(LogProbabilitiesHandle logProbabilities) {
        SolNative.sol_logprobs_free(logProbabilities.address());
    }

    /**
     * Keeps the distributions of tokens of the last batch, which must have been outputs.
     *
     * @param tokens their indices in the batch
     * @param rows where each goes
     */
    public static void keepLogProbabilities(
            LogProbabilitiesHandle target, ContextHandle context, int[] tokens, int[] rows) {
        int n = tokens.length;
        checkLength("rows", rows.length, n);
        long ints = n * ValueLayout.JAVA_INT.byteSize();
        MemorySegment memory = Scratch.current().buffer(2 * ints);
        MemorySegment rowsAt = memory.asSlice(ints);
        MemorySegment.copy(tokens, 0, memory, ValueLayout.JAVA_INT, 0, n);
        MemorySegment.copy(rows, 0, rowsAt, ValueLayout.JAVA_INT, 0, n);
        check(SolNative.sol_logprobs_keep(target.address(), context.address(), n, memory, rowsAt));
    }

    // ---- KV cache
    // ----------------------------------------------------------------------------------------------------

    /**
     * Forgets the positions {@code from} (inclusive) to {@code to} (exclusive) of a sequence.
     *
     * @param from negative: from the start
     * @param to negative: to the end
     * @throws InvalidArgumentException if the model cannot forget a part of a sequence, as recurrent ones cannot
     */
    public static void removeSequence(ContextHandle context, int sequence, int from, int to) {
        check(SolNative.sol_seq_rm(context.address(), sequence, from, to));
    }

    /** Lets {@code target} share the cells of {@code source} in these positions (as {@link #removeSequence}); copies nothing. */
    public static void copySequence(ContextHandle context, int source, int target, int from, int to) {
        check(SolNative.sol_seq_cp(context.address(), source, target, from, to));
    }

    /**
     * Moves the positions {@code from} (inclusive) to {@code to} (exclusive) of a sequence by {@code delta}, onto positions that
     * it does not have. Ends of the range as in {@link #removeSequence}.
     *
     * @throws InvalidArgumentException if another sequence shares the cells, the model's positions cannot be moved, or the
     *     target is taken
     */
    public static void shiftSequence(ContextHandle context, int sequence, int from, int to, int delta) {
        check(SolNative.sol_seq_shift(context.address(), sequence, from, to, delta));
    }

    /**
     * The state of a sequence, for {@link #loadSequence} into any context of the same model and version.
     *
     * @throws InvalidArgumentException if there is no such sequence, or its state does not fit an array (2 GiB)
     */
    public static byte[] saveSequence(ContextHandle context, int sequence) {
        Scratch scratch = Scratch.current();
        check(SolNative.sol_seq_state_size(context.address(), sequence, scratch.size()));
        long size = scratch.sizeValue();
        if (size > MAX_STATE) {
            throw new InvalidArgumentException(
                    "the state of sequence " + sequence + " has " + size + " bytes, more than an array can hold");
        }
        try (Arena arena = Arena.ofConfined()) { // not the scratch memory, which a thread keeps
            MemorySegment state = arena.allocate(size, Long.BYTES);
            check(SolNative.sol_seq_save(context.address(), sequence, state, size));
            return state.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /**
     * Replaces a sequence with a saved one.
     *
     * @throws InvalidArgumentException if the bytes are no saved state of this model; nothing was changed
     * @throws KvCacheFullException if there is no room; the sequence is empty then
     */
    public static void loadSequence(ContextHandle context, int sequence, byte[] state) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(state.length, Long.BYTES);
            MemorySegment.copy(state, 0, bytes, ValueLayout.JAVA_BYTE, 0, state.length);
            check(SolNative.sol_seq_load(context.address(), sequence, bytes, state.length));
        }
    }

    /** The highest position of the sequence in the KV cache, -1 when it has none. */
    public static int maxPosition(ContextHandle context, int sequence) {
        Scratch scratch = Scratch.current();
        check(SolNative.sol_seq_pos_max(context.address(), sequence, scratch.count()));
        return scratch.countValue();
    }

    /** Forgets every sequence. */
    public static void clearKvCache(ContextHandle context) {
        SolNative.sol_kv_clear(context.address());
    }

    // ---- Status
    // ------------------------------------------------------------------------------------------------------

    /**
     * Reads the message at once: it is the calling thread's, until its next call. A virtual thread cannot change its carrier
     * between two calls with nothing in between that blocks.
     */
    static void check(int status) {
        if (status != SolNative.SOL_OK()) {
            throw SolException.of(status, SolNative.sol_last_error().getString(0));
        }
    }

    /** The one status that is not an error: the native side wants a larger buffer and has said how large. */
    private static boolean isTooSmall(int status, int count, int capacity) {
        return status == SolNative.SOL_INVALID_ARGUMENT() && count > capacity;
    }

    /** Native code reads and writes as many elements as it was told or the model has, whatever the caller allocated. */
    private static void checkLength(String what, int actual, int length) {
        if (actual != length) {
            throw new InvalidArgumentException(
                    "the array for the " + what + " has " + actual + " elements, " + length + " are needed");
        }
    }
}
