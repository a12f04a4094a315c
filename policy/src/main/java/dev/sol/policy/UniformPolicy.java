package dev.sol.policy;

/**
 * Keeps each axis at its target. A target between two grid values is met by error diffusion: each step takes the one that
 * brings the realised sum closest to the target's. What steps are forced to use beyond their choice (short contexts,
 * rounding up) is paid back little by little, by moving down to lower values, since loss is convex in what is kept: a
 * burst of starved tokens costs more than many slightly poorer ones.
 */
final class UniformPolicy implements ComputePolicy {
    /** Steps over which a debt is spread. */
    private static final int PATIENCE = 16;

    @Override
    public String name() {
        return "uniform";
    }

    @Override
    public PolicySession start(PolicyContext context) {
        ActionGrid grid = context.grid();
        return observation -> {
            double attn = choose(Axis.ATTN, grid, observation);
            double mlp = choose(Axis.MLP, grid, observation);
            double bits = choose(Axis.BITS, grid, observation);
            return new Action(attn, mlp, (int) bits);
        };
    }

    private static double choose(Axis axis, ActionGrid grid, Observation observation) {
        BudgetTracker tracker = observation.tracker();
        double aim = tracker.aim(axis, Math.min(PATIENCE, observation.remaining()));
        return Math.clamp(grid.nearest(axis, tracker.aim(axis, 1)), grid.below(axis, aim), grid.above(axis, aim));
    }
}
