package dev.sol.trainer.tasks;

import java.util.Arrays;
import java.util.List;

/**
 * Which items were answered rightly.
 *
 * @param items [n] their numbers
 * @param plain [n] 1 if the likeliest answer is the right one; of a cloze, if each of its tokens is the likeliest
 * @param normalised [n] the same by likelihood per byte of the answer; of a cloze as {@code plain}
 * @param goldNats [n] −log p of the right answer
 */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere, changed nowhere
public record TaskScores(int[] items, double[] plain, double[] normalised, double[] goldNats) {

    /**
     * Scores.
     *
     * @param nats [questions] −log p of each answer
     * @param hits [questions] whether each token of the answer is the likeliest
     */
    public static TaskScores of(Questions questions, double[] nats, boolean[] hits) {
        List<Question> all = questions.questions();
        if (nats.length != all.size() || hits.length != all.size()) {
            throw new IllegalArgumentException(nats.length + " scores of " + all.size() + " questions");
        }
        int[] items = questions.items().stream().mapToInt(item -> item).toArray();
        double[] plain = new double[items.length];
        double[] normalised = new double[items.length];
        double[] gold = new double[items.length];
        int at = 0;
        for (int i = 0; i < items.length; i++) {
            Item item = questions.task().items().get(items[i]);
            int count = item.choices().size();
            gold[i] = nats[at + item.gold()];
            if (count == 1) {
                plain[i] = hits[at] ? 1 : 0;
                normalised[i] = plain[i];
            } else {
                double[] own = Arrays.copyOfRange(nats, at, at + count);
                plain[i] = least(own) == item.gold() ? 1 : 0;
                for (int choice = 0; choice < count; choice++) {
                    own[choice] /= all.get(at + choice).bytes();
                }
                normalised[i] = least(own) == item.gold() ? 1 : 0;
            }
            at += count;
        }
        return new TaskScores(items, plain, normalised, gold);
    }

    /** Of equal ones the first. */
    private static int least(double[] values) {
        int least = 0;
        for (int i = 1; i < values.length; i++) {
            least = values[i] < values[least] ? i : least;
        }
        return least;
    }

    /** The share of right answers. */
    public double accuracy() {
        return Arrays.stream(plain).average().orElse(Double.NaN);
    }

    /** The share of right answers by likelihood per byte. */
    public double normalisedAccuracy() {
        return Arrays.stream(normalised).average().orElse(Double.NaN);
    }
}
