package dev.sol.trainer.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.trainer.metrics.WindowLosses;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * The luckiest of many random schedules, chosen in hindsight: nobody could have it, but a policy that is better has found something that
 * luck does not. Schedules are {@link TwoValueSchedules} with the targets that make them realise what the policy did.
 *
 * <p>Source: Akhauri &amp; Abdelfattah, "Compute Where it Counts" (arXiv 2605.10875), the random search.
 *
 * @param draws how many schedules
 * @param tokens on how many tokens, at least; 0: on all
 */
record RandomSearch(int draws, int tokens) {
    /** The paper's: many draws on few tokens. */
    static final RandomSearch FEW = new RandomSearch(500, 2000);

    /** The paper's: fewer draws, on everything. */
    static final RandomSearch MANY = new RandomSearch(30, 0);

    /** Tokens after which results are kept. */
    private static final int BLOCK = 50_000;

    /** What was found: of every draw the mean loss, and of the best one its windows. */
    record Found(List<Double> nats, int best, WindowLosses losses) {}

    String name() {
        return "best-of-" + draws;
    }

    /** Windows that it is made on, from the first. */
    int windows(List<Passage> passages) {
        long scored = 0;
        int windows = 0;
        while (windows < passages.size() && (tokens == 0 || scored < tokens)) {
            scored += passages.get(windows++).steps();
        }
        return windows;
    }

    /**
     * Searches.
     *
     * @param id of the cells that it keeps
     * @param evaluation of these windows alone
     * @param grid of the schedules
     * @param target of the schedules
     */
    Found run(
            String id,
            EvalResults results,
            PolicyEvaluation evaluation,
            ActionGrid grid,
            Budget target,
            long seed,
            IntConsumer progress) {
        int[] steps = evaluation.effectiveSteps();
        int block = Math.clamp(BLOCK / evaluation.tokens(), 1, draws);
        List<Double> nats = new ArrayList<>();
        for (int from = 0; from < draws; from += block) {
            int first = from;
            int last = Math.min(draws, from + block);
            JsonNode kept = results.json(id + "/" + from, () -> {
                ArrayNode values = JsonNodeFactory.instance.arrayNode();
                for (int draw = first; draw < last; draw++) {
                    values.add(evaluation
                            .run(spender(grid, steps, target, seed, draw), seed, progress)
                            .losses()
                            .perplexity()
                            .mean());
                }
                return values;
            });
            kept.forEach(value -> nats.add(value.asDouble()));
        }
        int best = 0;
        for (int draw = 1; draw < draws; draw++) {
            best = nats.get(draw) < nats.get(best) ? draw : best;
        }
        Spender lucky = spender(grid, steps, target, seed, best);
        Kept again = results.cell(
                id, grid, evaluation.passages(), () -> new Kept(evaluation.run(lucky, seed, progress), target, 0));
        return new Found(List.copyOf(nats), best, again.measured().losses());
    }

    /** Draws differ by more than windows do. */
    private Spender spender(ActionGrid grid, int[] steps, Budget target, long seed, int draw) {
        return new TwoValueSchedules(grid, steps, seed + (1L + draw) * 1_000_003).spender(name(), target);
    }
}
