package dev.sol.trainer.rollout;

/**
 * K schedules of T steps on one {@link WorkItem}. Arrays are flat: schedule k's step t is at k·T + t; they are not copied.
 *
 * @param item what was worked on
 * @param schedules K
 * @param steps T
 * @param features [K·T][F], F = 2·n_embd + scalars: hidden state and embedding, each divided by its RMS, then the scalars, as
 *     the policy network reads them
 * @param previous [K·T], number on the grid of the previous effective step's action; −1 before the first
 * @param actions [K·T], number on the grid of the action taken; −1 on steps that are not effective
 * @param logProbability [K·T], nats: of the action under the distribution it was drawn from, temperature included
 * @param reward [K·T], nats: log p(label), or −KL to dense
 * @param realised [K·T][3], what the step used, in the units of {@link dev.sol.policy.Axis} and in its order
 * @param effective [K·T], whether the knobs bit; steps that are not have no action and no part in means or gradients
 * @param cost [K·T], predicted time of the step in parts of a dense step's; or empty
 * @param dense [T], nats: log p(label) of the model without knobs, which all schedules share; or empty
 */
@SuppressWarnings("ArrayRecordComponent") // of many numbers; compared nowhere
public record Trajectory(
        WorkItem item,
        int schedules,
        int steps,
        float[] features,
        int[] previous,
        int[] actions,
        float[] logProbability,
        float[] reward,
        double[] realised,
        boolean[] effective,
        float[] cost,
        float[] dense) {
    /** @throws IllegalArgumentException if a length contradicts another */
    public Trajectory {
        int n = Math.multiplyExact(schedules, steps);
        check("features", features.length, n == 0 || features.length % n != 0 ? -1 : features.length);
        check("previous", previous.length, n);
        check("actions", actions.length, n);
        check("logProbability", logProbability.length, n);
        check("reward", reward.length, n);
        check("realised", realised.length, 3 * n);
        check("effective", effective.length, n);
        check("cost", cost.length, cost.length == 0 ? 0 : n);
        check("dense", dense.length, dense.length == 0 ? 0 : steps);
    }

    /** The same with other rewards. */
    public Trajectory withReward(float[] values) {
        return new Trajectory(
                item,
                schedules,
                steps,
                features,
                previous,
                actions,
                logProbability,
                values,
                realised,
                effective,
                cost,
                dense);
    }

    /** F, the length of one step's features. */
    public int featureLength() {
        return features.length / (schedules * steps);
    }

    private static void check(String name, int length, int expected) {
        if (length != expected) {
            throw new IllegalArgumentException("%s has %d values".formatted(name, length));
        }
    }
}
