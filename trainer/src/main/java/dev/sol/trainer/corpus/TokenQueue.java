package dev.sol.trainer.corpus;

import java.util.Arrays;

/** Tokens that wait to be cut into windows. */
final class TokenQueue {
    private int[] tokens = new int[1024];
    private int start;
    private int end;

    int size() {
        return end - start;
    }

    void add(int... more) {
        if (end + more.length > tokens.length) {
            int size = size();
            int[] larger = size + more.length > tokens.length / 2
                    ? new int[Math.max(2 * tokens.length, 2 * (size + more.length))]
                    : tokens;
            System.arraycopy(tokens, start, larger, 0, size);
            tokens = larger;
            start = 0;
            end = size;
        }
        System.arraycopy(more, 0, tokens, end, more.length);
        end += more.length;
    }

    /** Removes the first {@code count}, of at least as many. */
    int[] take(int count) {
        int[] taken = Arrays.copyOfRange(tokens, start, start + count);
        start += count;
        return taken;
    }
}
