package dev.sol.trainer.corpus;

import java.util.Arrays;

/**
 * An endless random sequence of windows: in each epoch every window comes once, in an order of its own, and windows lie a little
 * differently in their texts each time. The sequence depends on the seed and the corpora alone and can be read from any place, so
 * that its state is a number: how many were taken. For any thread as long as the corpora are open.
 */
public final class ShuffledWindows {
    private final PartWindows windows;
    private final long seed;

    /** @param seed of the order */
    public ShuffledWindows(PartWindows windows, long seed) {
        this.windows = windows;
        this.seed = seed;
    }

    /** Tokens in a window. */
    public int length() {
        return windows.length();
    }

    /**
     * A window.
     *
     * @param place in the sequence, from 0
     */
    public int[] get(long place) {
        long epoch = place / windows.count();
        long own = Shuffle.mix(seed ^ Shuffle.mix(epoch));
        return windows.get(new Shuffle(windows.count(), own).at(place % windows.count()), own);
    }

    /**
     * The start of a window.
     *
     * @param count tokens, at most {@link #length}
     */
    public int[] get(long place, int count) {
        if (count > length()) {
            throw new IllegalArgumentException("%d tokens of a window of %d".formatted(count, length()));
        }
        return Arrays.copyOf(get(place), count);
    }
}
