package dev.sol.runtime.engine;

import java.util.Arrays;

/**
 * A sequence of the decoder and the tokens that it holds, also after the completion that computed them: the prompt cache.
 *
 * <p>Only a dense prefix is of use to others. A token that was decoded with knobs has keys and values that differ from those that a
 * dense prefill would give, and so has every token after it, since it attended to them.
 */
final class Slot {
    private final int sequence;
    private int[] tokens = new int[256];
    private int length;
    private int dense;
    private int reserved;
    private long lastUsed;

    Slot(int sequence) {
        this.sequence = sequence;
    }

    int sequence() {
        return sequence;
    }

    /** Tokens in the sequence, which is the position of the next one. */
    int length() {
        return length;
    }

    /** The first tokens that were computed without knobs. */
    int dense() {
        return dense;
    }

    /** Cells set aside for the completion that has the slot; 0 = none has it. */
    int reserved() {
        return reserved;
    }

    boolean isFree() {
        return reserved == 0;
    }

    /** Grows with every use. */
    long lastUsed() {
        return lastUsed;
    }

    void reserve(int cells, long use) {
        reserved = cells;
        lastUsed = use;
    }

    void free() {
        reserved = 0;
    }

    /** Cells that it has or may come to need; those shared with others count for each. */
    int cells() {
        return isFree() ? length : reserved;
    }

    /**
     * Adds tokens that were computed, or shared, without knobs.
     *
     * @param source has them from {@code length()} on, up to {@code to}
     */
    void append(int[] source, int to) {
        ensureCapacity(to);
        System.arraycopy(source, length, tokens, length, to - length);
        dense = dense == length ? to : dense;
        length = to;
    }

    /** Adds one token. */
    void append(int token, boolean isDense) {
        ensureCapacity(length + 1);
        tokens[length] = token;
        dense = isDense && dense == length ? dense + 1 : dense;
        length++;
    }

    /** What the sequence has left. */
    void cut(int count) {
        length = Math.min(length, count);
        dense = Math.min(dense, length);
    }

    private void ensureCapacity(int wanted) {
        if (wanted > tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(wanted, 2 * tokens.length));
        }
    }

    /** How many tokens the dense prefix has in common with the first {@code limit} of a prompt. */
    int common(int[] prompt, int limit) {
        int end = Math.min(dense, limit);
        int mismatch = Arrays.mismatch(tokens, 0, end, prompt, 0, end);
        return mismatch < 0 ? end : mismatch;
    }
}
