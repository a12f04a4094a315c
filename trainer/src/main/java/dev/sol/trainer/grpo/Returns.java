package dev.sol.trainer.grpo;

import dev.sol.trainer.rollout.Trajectory;

/**
 * What followed from each step: G_t = Σ_i γ^i·(r_{t+i} − weight·cost_{t+i}). Steps without effect have no choice to be
 * credited, and add nothing. Source: Akhauri &amp; Abdelfattah (arXiv 2605.10875); the charge for time is ours.
 *
 * @param discount γ in 0…1
 * @param costWeight nats for the time of a dense step; 0 without a charge
 */
public record Returns(double discount, double costWeight) {

    /** G_t of every step, [K·T], in nats; 0 where the step is not effective. */
    double[] discounted(Trajectory trajectory) {
        double[] returns = new double[trajectory.reward().length];
        int steps = trajectory.steps();
        for (int k = 0; k < trajectory.schedules(); k++) {
            double later = 0;
            for (int i = (k + 1) * steps - 1; i >= k * steps; i--) {
                later = reward(trajectory, i) + discount * later;
                returns[i] = trajectory.effective()[i] ? later : 0;
            }
        }
        return returns;
    }

    /** The undiscounted sum over each schedule, [K], in nats: of a whole episode no step counts less than another. */
    double[] total(Trajectory trajectory) {
        double[] totals = new double[trajectory.schedules()];
        for (int i = 0; i < trajectory.reward().length; i++) {
            totals[i / trajectory.steps()] += reward(trajectory, i);
        }
        return totals;
    }

    private double reward(Trajectory trajectory, int i) {
        if (!trajectory.effective()[i]) {
            return 0;
        }
        double charge = costWeight == 0 ? 0 : costWeight * trajectory.cost()[i];
        return trajectory.reward()[i] - charge;
    }
}
