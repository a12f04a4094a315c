package dev.sol.runtime;

import dev.sol.bindings.BatchBuffer;
import dev.sol.bindings.InvalidArgumentException;
import dev.sol.policy.Action;

/**
 * The tokens of the next {@link InferenceContext#decode}, off-heap: filling it allocates nothing. It belongs to its context and
 * is used by the same thread; using it after the context was closed throws {@link IllegalStateException}.
 *
 * <p>A batch is dense, and runs through llama.cpp's unchanged graph, until a token is added with knobs; then the tokens that
 * were added without are dense within the graph that has them, and {@link InferenceContext#usage} is counted.
 */
public final class Batch {
    private final BatchBuffer buffer;
    private final int contextLength;

    Batch(BatchBuffer buffer, int contextLength) {
        this.buffer = buffer;
        this.contextLength = contextLength;
    }

    /** The most tokens. */
    public int capacity() {
        return buffer.capacity();
    }

    /** The number of tokens that were added. */
    public int size() {
        return buffer.size();
    }

    /** Removes all tokens. */
    public void clear() {
        buffer.clear();
    }

    /**
     * Adds a token without knobs.
     *
     * @param token its id
     * @param position its position in the sequence; consecutive in each sequence
     * @param sequence 0 to {@link ContextOptions#maxSequences()} - 1
     * @param output whether its logits and hidden state are wanted
     * @return its index in the batch
     * @throws IllegalArgumentException if the batch is full, or the position is beyond the context
     */
    public int add(int token, int position, int sequence, boolean output) {
        checkPosition(position);
        try {
            return buffer.add(token, position, sequence, output);
        } catch (InvalidArgumentException e) {
            throw NativeErrors.translate(e);
        }
    }

    /**
     * Adds a token with knobs of its own.
     *
     * @return its index in the batch
     * @throws IllegalArgumentException as for {@link #add(int, int, int, boolean)}
     */
    public int add(int token, int position, int sequence, boolean output, Action knobs) {
        checkPosition(position);
        try {
            return buffer.add(
                    token,
                    position,
                    sequence,
                    output,
                    (float) knobs.attnKeep(),
                    (float) knobs.mlpKeep(),
                    knobs.actBits());
        } catch (InvalidArgumentException e) {
            throw NativeErrors.translate(e);
        }
    }

    /** The KV cache is rounded up, and learned position embeddings end with the training context: native code would abort. */
    private void checkPosition(int position) {
        if (position < 0 || position >= contextLength) {
            throw new IllegalArgumentException(
                    "position " + position + " is not in the context (0 to " + (contextLength - 1) + ")");
        }
    }

    BatchBuffer buffer() {
        return buffer;
    }
}
