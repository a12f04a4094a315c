package dev.sol.runtime.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the next batch computes: a step of every completion that generates, and some tokens of the prompts. Prompts take turns and equal
 * shares, so that a short one is not kept by a long one, and few tokens at once, so that no stream is.
 *
 * <p>Steps share batches with prompts, with and without knobs: the weights are read once for both. Of a 1B model on two cores 32 tokens
 * take 3 times as long as 4 do, knobs or not, and as long per token as 48 do.
 */
final class BatchPlan {
    /** The most tokens of a batch with steps; attention skips in no larger one. */
    private static final int TOKENS_WITH_STEPS = 32;

    /** Prompts go on however many steps there are. */
    private static final int LEAST_PROMPT_TOKENS = 8;

    /** The most tokens of a batch without steps. Who comes meanwhile waits for it, so it is made to take some tenths of a second. */
    private static final int MOST_PROMPT_TOKENS = 512;

    private static final long SHORT_NANOS = 100_000_000;
    private static final long LONG_NANOS = 400_000_000;

    /** Prompt tokens of one batch whose logits are asked for: an output takes memory for a vocabulary. */
    private static final int PROMPT_OUTPUTS = 32;

    /** To wait for another completion to compute what two prompts have in common, it must be more than this. */
    private static final int WORTH_WAITING = 32;

    private final Decoder decoder;
    private int turn;
    private int promptTokens = 128;

    BatchPlan(Decoder decoder) {
        this.decoder = decoder;
    }

    /**
     * The next batch.
     *
     * @param running the first admitted first; not empty
     */
    PlannedBatch next(List<Generation> running) {
        List<BatchPart> parts = new ArrayList<>();
        List<Generation> prompts = new ArrayList<>();
        for (Generation generation : running) {
            if (!generation.isPrefilling()) {
                parts.add(BatchPart.ofStep(generation));
            } else if (prompts.stream().noneMatch(earlier -> computesFor(earlier, generation))) {
                prompts.add(generation);
            }
        }
        int steps = parts.size();
        if (!prompts.isEmpty()) {
            int tokens = steps == 0 ? promptTokens : Math.max(TOKENS_WITH_STEPS - steps, LEAST_PROMPT_TOKENS);
            addPrompts(prompts, Math.min(tokens, decoder.batchSize() - steps), parts);
        }
        return PlannedBatch.of(parts);
    }

    /** Learns from a batch how many tokens of prompts to compute at once. */
    void took(PlannedBatch batch, long nanos) {
        if (batch.steps() > 0) {
            return;
        }
        if (nanos > LONG_NANOS) {
            promptTokens = Math.max(promptTokens / 2, TOKENS_WITH_STEPS);
        } else if (nanos < SHORT_NANOS && batch.promptTokens() >= promptTokens) {
            promptTokens = Math.min(2 * promptTokens, MOST_PROMPT_TOKENS);
        }
    }

    /** Whether it pays for {@code later} to wait for what {@code earlier} is going to compute of the prompt that they share. */
    private static boolean computesFor(Generation earlier, Generation later) {
        if (!later.mayShare()) {
            return false;
        }
        int[] prompt = later.task().prompt();
        int[] other = earlier.task().prompt();
        int from = later.slot().length();
        int to = Math.min(prompt.length - 1, other.length);
        if (to - from <= WORTH_WAITING) {
            return false;
        }
        int mismatch = Arrays.mismatch(prompt, 0, to, other, 0, to);
        return (mismatch < 0 ? to : mismatch) - from > WORTH_WAITING;
    }

    private void addPrompts(List<Generation> prompts, int tokens, List<BatchPart> parts) {
        int left = tokens;
        int first = turn++;
        for (int i = 0; i < prompts.size() && left > 0; i++) {
            Generation generation = prompts.get(Math.floorMod(first + i, prompts.size()));
            int share = Math.ceilDiv(left, prompts.size() - i);
            int wanted = generation.task().prompt().length - generation.slot().length();
            int count = Math.min(wanted, generation.wantsPromptOutputs() ? Math.min(share, PROMPT_OUTPUTS) : share);
            parts.add(BatchPart.ofPrompt(generation, count));
            left -= count;
        }
    }
}
