package dev.sol.trainer.grpo;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.trainer.rollout.EpisodeTexts;
import dev.sol.trainer.rollout.WorkItem;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * What the episodes of a run are like. Each is drawn from random numbers of its own, which only the run's seed and the episode's
 * number decide: the stream can be read from any place.
 *
 * <p>Targets are uniform over a range per axis, as in the paper (Akhauri &amp; Abdelfattah, arXiv 2605.10875). A share of the
 * episodes goes on from a generation that has missed its target so far, as it happens when serving goes on beyond one horizon; what
 * is to be made up for is no more than an episode can.
 *
 * @param seed of the run
 * @param horizon T, steps of an episode
 * @param shortestPrefix tokens that run dense in front of it, at least 1
 * @param longestPrefix the same, at most
 * @param grid the actions
 * @param lowest the range of the targets, each on the grid
 * @param highest the same
 * @param startShare share of the episodes that start with a deviation, 0 to 1
 * @param startDeviation the largest such deviation, as a share of the axis' dense value
 */
public record EpisodePlan(
        long seed,
        int horizon,
        int shortestPrefix,
        int longestPrefix,
        ActionGrid grid,
        Budget lowest,
        Budget highest,
        double startShare,
        double startDeviation) {
    // Named, so that a seed means the same on every Java version.
    private static final RandomGeneratorFactory<RandomGenerator> RANDOM = RandomGeneratorFactory.of("L64X128MixRandom");

    /** The items {@code first} to {@code first + count − 1}. */
    public List<WorkItem> items(EpisodeTexts texts, long first, int count) {
        List<WorkItem> items = new ArrayList<>();
        for (long id = first; id < first + count; id++) {
            items.add(item(texts, id));
        }
        return items;
    }

    private WorkItem item(EpisodeTexts texts, long id) {
        RandomGenerator random = RANDOM.create(mix(seed, id));
        int prefix = random.nextInt(shortestPrefix, longestPrefix + 1);
        Budget target = budget(axis -> uniform(random, lowest.get(axis), highest.get(axis)));
        // All numbers are drawn whether they are used or not, so that the share changes nothing else.
        boolean started = random.nextDouble() < startShare;
        int steps = random.nextInt(1, horizon + 1);
        Budget mean = budget(axis -> {
            double deviation = axis.ofShare(startDeviation);
            return grid.clamp(axis, target.get(axis) + uniform(random, -deviation, deviation));
        });
        @Nullable Budget startMean = started && startDeviation > 0 ? mean : null;
        int[] tokens = texts.tokens(id, prefix + horizon + 1);
        return new WorkItem(id, tokens, prefix, target, startMean, startMean == null ? 0 : steps, random.nextLong());
    }

    private static Budget budget(ToDoubleFunction<Axis> values) {
        return new Budget(
                values.applyAsDouble(Axis.ATTN), values.applyAsDouble(Axis.MLP), values.applyAsDouble(Axis.BITS));
    }

    private static double uniform(RandomGenerator random, double low, double high) {
        return low + random.nextDouble() * (high - low);
    }

    /** A seed for item {@code id}: neighbours have nothing in common. */
    private static long mix(long seed, long id) {
        long run = new SplittableRandom(seed).nextLong();
        return new SplittableRandom(run ^ id).nextLong();
    }
}
