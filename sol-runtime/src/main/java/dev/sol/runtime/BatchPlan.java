package dev.sol.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the next batch computes: a step of every completion that generates, and some tokens of the prompts. Prompts take turns and equal
 * shares, so that a short one is not kept by a long one, and few tokens at once, so that no stream is.
 *
 * <p>Dense steps share a batch with prompts: the weights are read once for both. Steps with knobs do not, and alternate with them: a batch
 * has to be small for its kernels to skip anything.
 */
final class BatchPlan {
    /** Tokens of prompts in a batch when nothing else is to be done. */
    private static final int PROMPT_TOKENS = 512;

    /** Tokens of prompts in a batch, or between two, of completions that generate. */
    private static final int PROMPT_TOKENS_BESIDE = 32;

    /** Prompt tokens of one batch whose logits are asked for: an output takes memory for a vocabulary. */
    private static final int PROMPT_OUTPUTS = 32;

    /** To wait for another completion to compute what two prompts have in common, it must be more than this. */
    private static final int WORTH_WAITING = 32;

    private final Decoder decoder;
    private int turn;
    private boolean stepsNext = true;

    BatchPlan(Decoder decoder) {
        this.decoder = decoder;
    }

    /** @param running the first admitted first */
    List<BatchPart> next(List<Generation> running) {
        List<BatchPart> parts = new ArrayList<>();
        List<Generation> prompts = new ArrayList<>();
        boolean knobs = false;
        for (Generation generation : running) {
            if (!generation.isPrefilling()) {
                parts.add(BatchPart.ofStep(generation));
                knobs |= generation.knobs() != null;
            } else if (prompts.stream().noneMatch(earlier -> computesFor(earlier, generation))) {
                prompts.add(generation);
            }
        }
        if (prompts.isEmpty()) {
            return parts;
        }
        int tokens = parts.isEmpty() ? PROMPT_TOKENS : PROMPT_TOKENS_BESIDE;
        if (knobs) {
            stepsNext = !stepsNext;
            if (!stepsNext) {
                return parts;
            }
            parts.clear();
        }
        addPrompts(prompts, Math.min(tokens, decoder.batchSize() - parts.size()), parts);
        return parts;
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
