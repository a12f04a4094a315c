package dev.sol.trainer.eval;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.trainer.stats.Interval;
import dev.sol.trainer.stats.PairedBootstrap;
import dev.sol.trainer.tasks.Item;
import dev.sol.trainer.tasks.TaskScores;
import java.util.Arrays;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What was answered rightly under a policy or a baseline, items drawn anew for the intervals.
 *
 * @param task which
 * @param row place, realised means and cost of the answers' steps
 * @param scores by item
 * @param policy the policy's scores; null of the policy itself, and without a match
 * @param bootstrap of the intervals
 */
record TaskRow(
        TaskSet task, Row row, TaskScores scores, @Nullable TaskScores policy, PairedBootstrap bootstrap) {

    /** The policy's accuracy less this one's. */
    record Difference(double accuracy, Interval interval) {
        boolean isClear() {
            return !interval.contains(0);
        }
    }

    @Nullable Difference difference() {
        return policy == null
                ? null
                : new Difference(policy.accuracy() - scores.accuracy(), interval(policy.plain(), scores.plain()));
    }

    Interval interval() {
        return interval(scores.plain(), new double[scores.plain().length]);
    }

    private Interval interval(double[] treated, double[] baseline) {
        double[] ones = new double[treated.length];
        Arrays.fill(ones, 1);
        return bootstrap.meanDifference(treated, baseline, ones);
    }

    ObjectNode json(String family) {
        Interval plain = interval();
        Interval normalised = interval(scores.normalised(), new double[scores.normalised().length]);
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("id", row.place().id())
                .put("task", task.name())
                .put("kind", task.questions().task().kind().key())
                .put("family", family)
                .put("against", row.place().against())
                .put("policy", row.policy())
                .put("budget", row.budget())
                .put("net", row.realised().net())
                .put("attn", row.realised().attn())
                .put("mlp", row.realised().mlp())
                .put("bits", row.realised().bits())
                .put("items", scores.items().length)
                .put("chance", task.questions().task().chance())
                .put("accuracy", scores.accuracy())
                .put("lo", plain.lower())
                .put("hi", plain.upper())
                .put("accuracy_norm", scores.normalisedAccuracy())
                .put("norm_lo", normalised.lower())
                .put("norm_hi", normalised.upper())
                .put("gold_nats", Arrays.stream(scores.goldNats()).average().orElse(Double.NaN))
                .put("scope", task.everything() ? "everything" : "continuation")
                .put("shots", task.questions().shots())
                .put("shots_wanted", task.questions().wanted())
                .put("truncated", task.questions().truncated())
                .put("skipped", task.questions().skipped())
                .put("distance", row.distance())
                .put("matched", row.matched());
        Difference difference = difference();
        if (difference != null && policy != null) {
            json.putObject("policy_minus_this")
                    .put("accuracy", difference.accuracy())
                    .put("lo", difference.interval().lower())
                    .put("hi", difference.interval().upper())
                    .put("clear", difference.isClear());
            Interval byByte = interval(policy.normalised(), scores.normalised());
            json.putObject("policy_minus_this_norm")
                    .put("accuracy", policy.normalisedAccuracy() - scores.normalisedAccuracy())
                    .put("lo", byByte.lower())
                    .put("hi", byByte.upper())
                    .put("clear", !byByte.contains(0));
        }
        groups(json);
        json.put("right", bits(scores.plain()));
        json.put("right_norm", bits(scores.normalised()));
        return json;
    }

    private void groups(ObjectNode json) {
        TreeMap<String, double[]> groups = new TreeMap<>(); // right, of
        for (int i = 0; i < scores.items().length; i++) {
            Item item = task.questions().task().items().get(scores.items()[i]);
            double[] counts = groups.computeIfAbsent(item.group(), _ -> new double[2]);
            counts[0] += scores.plain()[i];
            counts[1]++;
        }
        if (groups.size() > 1) {
            ObjectNode accuracies = json.putObject("groups");
            groups.forEach((name, counts) -> accuracies.put(name, counts[0] / counts[1]));
        }
    }

    /** A digit for each item: 1 if it was answered rightly. */
    private static String bits(double[] right) {
        return Arrays.stream(right).mapToObj(value -> value > 0 ? "1" : "0").collect(Collectors.joining());
    }
}
