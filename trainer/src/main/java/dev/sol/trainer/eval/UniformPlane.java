package dev.sol.trainer.eval;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.Policies;

/**
 * What {@code uniform} loses, on the default grid, at realised means near a target: a plane through four runs, of which one is at the
 * target and three have one axis a little higher. A policy never realises exactly its target, and uniform on the default grid is to be
 * compared at what the policy did realise; with this it need not run again for each policy.
 *
 * <p>Loss is convex in what is kept. Beyond the runs the plane is therefore below uniform's loss, and makes a policy look worse than
 * it is; between them it is above by next to nothing, as {@link #STEP} is small.
 *
 * @param realised means of the run at the target
 * @param loss of that run, nats per token
 * @param attn slope: nats per token and unit of the axis; 0 if it cannot be moved
 * @param mlp the same
 * @param bits the same
 */
record UniformPlane(Budget realised, double loss, double attn, double mlp, double bits) {
    /** How much higher the runs for the slopes are, as a share: as much as a policy may miss its target by. */
    private static final double STEP = .02;

    /** A change of a realised mean, as a share, that says nothing about the slope. */
    private static final double NO_CHANGE = STEP / 10;

    /**
     * Takes the four runs.
     *
     * @param target beyond the default grid its ends are taken
     */
    static UniformPlane near(Budget target, PolicyEvaluation evaluation) {
        ActionGrid grid = ActionGrid.defaultGrid();
        Budget within = new Budget(
                grid.clamp(Axis.ATTN, target.attn()),
                grid.clamp(Axis.MLP, target.mlp()),
                grid.clamp(Axis.BITS, target.bits()));
        Measured base = run(within, evaluation);
        return new UniformPlane(
                base.realised(),
                base.losses().perplexity().mean(),
                slope(Axis.ATTN, within, base, evaluation),
                slope(Axis.MLP, within, base, evaluation),
                slope(Axis.BITS, within, base, evaluation));
    }

    private static double slope(Axis axis, Budget target, Measured base, PolicyEvaluation evaluation) {
        double step = axis.ofShare(STEP);
        // Above dense there is nothing.
        double moved = target.get(axis) + (target.get(axis) + step > axis.dense() ? -step : step);
        Measured run = run(with(target, axis, moved), evaluation);
        double change = run.realised().get(axis) - base.realised().get(axis);
        return Math.abs(axis.share(change)) < NO_CHANGE
                ? 0 // the knob reaches no layer
                : (run.losses().perplexity().mean() - base.losses().perplexity().mean()) / change;
    }

    private static Measured run(Budget target, PolicyEvaluation evaluation) {
        return evaluation.run(Spender.of(Policies.byName("uniform"), target), 0, _ -> {});
    }

    private static Budget with(Budget budget, Axis axis, double value) {
        return switch (axis) {
            case ATTN -> new Budget(value, budget.mlp(), budget.bits());
            case MLP -> new Budget(budget.attn(), value, budget.bits());
            case BITS -> new Budget(budget.attn(), budget.mlp(), value);
        };
    }

    /** The loss at other realised means, nats per token. */
    double at(Budget means) {
        return loss
                + attn * (means.attn() - realised.attn())
                + mlp * (means.mlp() - realised.mlp())
                + bits * (means.bits() - realised.bits());
    }
}
