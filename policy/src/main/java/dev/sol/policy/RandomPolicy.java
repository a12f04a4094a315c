package dev.sol.policy;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Draws each axis anew at every step, from the widest range of the grid that has the target in its middle, so that the mean
 * is the target. What the draws and the forced part of the steps leave owing moves the middle of the next ranges.
 */
final class RandomPolicy implements ComputePolicy {
    /** Steps over which a debt is spread: short, because the draws are wide and their sum wanders. */
    private static final int PATIENCE = 8;

    // Named, so that a seed means the same on every Java version.
    private static final RandomGeneratorFactory<RandomGenerator> RANDOM = RandomGeneratorFactory.of("L64X128MixRandom");

    @Override
    public String name() {
        return "random";
    }

    @Override
    public PolicySession start(PolicyContext context) {
        ActionGrid grid = context.grid();
        RandomGenerator random = RANDOM.create(context.seed());
        return observation -> {
            double attn = choose(Axis.ATTN, grid, observation, random);
            double mlp = choose(Axis.MLP, grid, observation, random);
            double bits = choose(Axis.BITS, grid, observation, random);
            return new Action(attn, mlp, (int) bits);
        };
    }

    private static double choose(Axis axis, ActionGrid grid, Observation observation, RandomGenerator random) {
        int patience = Math.min(PATIENCE, observation.remaining());
        double middle = grid.clamp(axis, observation.tracker().aim(axis, patience));
        double radius = Math.min(middle - grid.minimum(axis), grid.maximum(axis) - middle);
        double value = middle + radius * (2 * random.nextDouble() - 1);
        double below = grid.below(axis, value);
        double above = grid.above(axis, value);
        // To a neighbour, with the chances that keep the mean.
        return random.nextDouble() * (above - below) < value - below ? above : below;
    }
}
