package dev.sol.runtime.engine;

import dev.sol.runtime.ModelException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.PriorityQueue;

/**
 * What the model thought of a token: of the softmax of its raw logits, in nats, before penalties, biases, temperature and all else
 * that sampling does.
 *
 * @param logprob log p of the token
 * @param entropy of the distribution, 0 to log(vocabulary)
 * @param top the likeliest tokens, the likeliest first; of equal ones the lower id first
 */
public record TokenLogprobs(float logprob, float entropy, List<Alternative> top) {

    /**
     * A token that could have come.
     *
     * @param token its id
     * @param logprob log p of it
     */
    public record Alternative(int token, float logprob) {}

    /** The most alternatives that can be asked for, as in OpenAI's API. */
    public static final int MAX_TOP = 20;

    public TokenLogprobs {
        top = List.copyOf(top);
    }

    /**
     * Reads a distribution.
     *
     * @param logits of the vocabulary
     * @param token that came
     * @param count alternatives wanted
     * @throws ModelException if the logits are not finite
     */
    static TokenLogprobs of(float[] logits, int token, int count) {
        float max = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit); // NaN stays
        }
        double sum = 0;
        double weighted = 0;
        for (float logit : logits) {
            double below = logit - (double) max;
            double p = Math.exp(below);
            sum += p;
            weighted += p == 0 ? 0 : p * below; // 0·−∞
        }
        if (!(sum >= 1 && sum < Double.POSITIVE_INFINITY)) {
            throw new ModelException("the model's logits are not finite");
        }
        double normaliser = max + Math.log(sum);
        return new TokenLogprobs(
                (float) (logits[token] - normaliser),
                (float) (Math.log(sum) - weighted / sum),
                top(logits, count, normaliser));
    }

    private static List<Alternative> top(float[] logits, int count, double normaliser) {
        if (count == 0) {
            return List.of();
        }
        PriorityQueue<Integer> best = new PriorityQueue<>( // the worst of them first
                (a, b) -> logits[a] == logits[b] ? Integer.compare(b, a) : Float.compare(logits[a], logits[b]));
        float least = Float.NEGATIVE_INFINITY;
        for (int token = 0; token < logits.length; token++) {
            if (best.size() < count) {
                best.add(token);
            } else if (logits[token] > least) {
                best.poll();
                best.add(token);
            } else {
                continue;
            }
            least = logits[best.element()];
        }
        ArrayDeque<Alternative> descending = new ArrayDeque<>();
        for (Integer token = best.poll(); token != null; token = best.poll()) {
            descending.addFirst(new Alternative(token, (float) (logits[token] - normaliser)));
        }
        return List.copyOf(descending);
    }
}
