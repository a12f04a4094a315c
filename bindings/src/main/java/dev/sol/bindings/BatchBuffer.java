package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;
import dev.sol.bindings.gen.sol_batch;
import dev.sol.bindings.gen.sol_knobs;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The tokens of one {@link Sol#decode}, off-heap and reused from step to step: filling and decoding it allocates nothing.
 *
 * <p>A batch is dense, and runs through llama.cpp's unchanged graph, until a token is added with knobs; then the tokens that
 * were added without are dense within the graph that has them. {@link Sol#usage} works for batches with knobs only.
 *
 * <p>One thread at a time. Closing it while another thread decodes with it throws {@link IllegalStateException}; so does every
 * use after it was closed, a second {@link #close} aside.
 */
public final class BatchBuffer implements AutoCloseable {
    private static final long KNOBS = sol_knobs.sizeof();

    private final int capacity;
    private final Arena arena = Arena.ofShared(); // owners may close it on another thread
    private final MemorySegment tokens;
    private final MemorySegment positions;
    private final MemorySegment sequences;
    private final MemorySegment outputs;
    private final MemorySegment knobs;
    private final MemorySegment struct;
    private int size;
    private boolean hasKnobs;

    /**
     * @param capacity the most tokens, at least 1; {@link ContextParams#batchSize()} of the context suffices
     * @throws InvalidArgumentException if the capacity is less than 1
     */
    public BatchBuffer(int capacity) {
        if (capacity < 1) {
            throw new InvalidArgumentException("a batch needs a capacity of at least 1, not " + capacity);
        }
        this.capacity = capacity;
        tokens = arena.allocate(SolNative.C_INT, capacity);
        positions = arena.allocate(SolNative.C_INT, capacity);
        sequences = arena.allocate(SolNative.C_INT, capacity);
        outputs = arena.allocate(SolNative.C_CHAR, capacity);
        knobs = sol_knobs.allocateArray(capacity, arena);
        struct = sol_batch.allocate(arena);
        sol_batch.token(struct, tokens);
        sol_batch.pos(struct, positions);
        sol_batch.seq_id(struct, sequences);
        sol_batch.output(struct, outputs);
    }

    /** The most tokens. */
    public int capacity() {
        return capacity;
    }

    /** The number of tokens that were added. */
    public int size() {
        return size;
    }

    /** Whether a token was added with knobs. */
    public boolean hasKnobs() {
        return hasKnobs;
    }

    /** Removes all tokens. */
    public void clear() {
        size = 0;
        hasKnobs = false;
    }

    /**
     * Adds a token with dense knobs.
     *
     * @param token its id
     * @param position its position in the sequence; consecutive in each sequence
     * @param sequence 0 to {@link ContextParams#maxSequences()} - 1
     * @param output whether its logits and hidden state are wanted
     * @return its index in the batch, for {@link Sol#logits} and the like
     * @throws InvalidArgumentException if the batch is full
     */
    public int add(int token, int position, int sequence, boolean output) {
        return put(token, position, sequence, output, 1, 1, 16);
    }

    /**
     * Adds a token with knobs of its own. {@link Sol#decode} refuses values out of range.
     *
     * @param attnKeep κ in (0, 1]: share of the visible KV positions that are attended, in every layer
     * @param mlpKeep ρ in (0, 1]: share of the MLP units that are kept, in every layer
     * @param actBits b in 4 … 16: bits of the MLP output; 16 = off
     * @return its index in the batch, for {@link Sol#logits} and the like
     * @throws InvalidArgumentException if the batch is full
     */
    public int add(int token, int position, int sequence, boolean output, float attnKeep, float mlpKeep, int actBits) {
        int index = put(token, position, sequence, output, attnKeep, mlpKeep, actBits);
        hasKnobs = true;
        return index;
    }

    private int put(int token, int position, int sequence, boolean output, float attnKeep, float mlpKeep, int actBits) {
        if (size == capacity) {
            throw new InvalidArgumentException("the batch is full: it has " + capacity + " tokens");
        }
        int i = size;
        tokens.setAtIndex(SolNative.C_INT, i, token);
        positions.setAtIndex(SolNative.C_INT, i, position);
        sequences.setAtIndex(SolNative.C_INT, i, sequence);
        outputs.set(ValueLayout.JAVA_BYTE, i, (byte) (output ? 1 : 0));
        long offset = i * KNOBS;
        knobs.set(sol_knobs.attn_keep$layout(), offset + sol_knobs.attn_keep$offset(), attnKeep);
        knobs.set(sol_knobs.mlp_keep$layout(), offset + sol_knobs.mlp_keep$offset(), mlpKeep);
        knobs.set(sol_knobs.act_bits$layout(), offset + sol_knobs.act_bits$offset(), actBits);
        return size++;
    }

    /** The {@code struct sol_batch} for the tokens that were added. */
    MemorySegment struct() {
        sol_batch.n_tokens(struct, size);
        sol_batch.knobs(struct, hasKnobs ? knobs : MemorySegment.NULL);
        return struct;
    }

    /** Frees the memory. A second call does nothing. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
