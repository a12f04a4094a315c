package dev.sol.runtime.engine;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Who gets which sequence, with which of the tokens that are there already, and how the KV cells are divided. On the decode thread.
 *
 * <p>A completion is given the cells that its prompt and all its tokens can need before it starts, so that none ends early because of
 * others. What ended completions have left in the remaining cells is a cache, which goes from the least recently used on when cells
 * are needed. Cells that several slots share count for each of them.
 */
final class Slots {
    private final Decoder decoder;
    private final List<Slot> slots;
    private long uses;

    Slots(Decoder decoder) {
        this.decoder = decoder;
        this.slots = IntStream.range(0, decoder.sequences()).mapToObj(Slot::new).toList();
    }

    /** Whether there is a free slot, and cells for what the task can need. */
    boolean fit(CompletionTask task) {
        return slots.stream().anyMatch(Slot::isFree) && reserved() + task.cells() <= decoder.cells();
    }

    private int reserved() {
        return slots.stream().mapToInt(Slot::reserved).sum();
    }

    /** Cells that are set aside or hold a cache. */
    int cellsUsed() {
        return slots.stream().mapToInt(Slot::cells).sum();
    }

    /**
     * Gives a task that {@link #fit fits} a slot. It holds what could be kept of the prompt, but never all of it: the last token has
     * to be computed for the sake of what follows it.
     */
    Slot take(CompletionTask task) {
        int[] prompt = task.prompt();
        int reusable = task.request().cachePrompt() && !task.request().promptLogprobs() ? prompt.length - 1 : 0;
        Slot slot = choose(prompt, reusable);
        slot.reserve(task.cells(), ++uses);
        cut(slot, slot.common(prompt, reusable));
        int _ = share(slot, prompt, reusable);
        while (cellsUsed() > decoder.cells()) {
            cut(leastRecentlyUsed(slots.stream().filter(other -> other.isFree() && other.length() > 0)), 0);
        }
        return slot;
    }

    /**
     * The free slot whose tokens the prompt goes on from; without one, that which was not used for the longest time. To have little in
     * common is not to go on: every prompt may begin with the same few tokens, and these are shared anyway.
     */
    private Slot choose(int[] prompt, int reusable) {
        Slot best = slots.stream()
                .filter(Slot::isFree)
                .max(Comparator.comparingInt(slot -> slot.common(prompt, reusable)))
                .orElseThrow();
        int common = best.common(prompt, reusable);
        return common > 0 && 4 * common >= 3 * best.length()
                ? best
                : leastRecentlyUsed(slots.stream().filter(Slot::isFree));
    }

    private static Slot leastRecentlyUsed(Stream<Slot> some) {
        return some.min(Comparator.comparingLong(Slot::lastUsed)).orElseThrow();
    }

    /**
     * Lets a slot have what other slots, running ones included, have more of a prompt than itself.
     *
     * @param limit how many tokens of the prompt may be shared
     * @return how many were
     */
    int share(Slot slot, int[] prompt, int limit) {
        Slot donor = null;
        int most = slot.length();
        for (Slot other : slots) {
            int common = other == slot ? 0 : other.common(prompt, limit);
            if (common > most) {
                donor = other;
                most = common;
            }
        }
        int from = slot.length();
        if (donor == null || !decoder.share(donor.sequence(), slot.sequence(), from, most)) {
            return 0;
        }
        slot.append(prompt, most);
        return most - from;
    }

    /** Takes a slot back. Only its dense tokens are of use to others. */
    void release(Slot slot) {
        slot.free();
        cut(slot, slot.dense());
    }

    /** Makes the sequence have what the slot says, after a decode that failed. False if the model could not do that: all is gone. */
    boolean restore(Slot slot) {
        int wanted = slot.length();
        cut(slot, wanted);
        return slot.length() == wanted;
    }

    /** Forgets all that no completion uses; returns whether there was any. */
    boolean forgetCache() {
        List<Slot> cached = slots.stream()
                .filter(slot -> slot.isFree() && slot.length() > 0)
                .toList();
        cached.forEach(slot -> cut(slot, 0));
        return !cached.isEmpty();
    }

    private void cut(Slot slot, int length) {
        slot.cut(decoder.keep(slot.sequence(), length));
    }
}
