package dev.sol.trainer.grpo;

import dev.sol.policy.Axis;
import dev.sol.policy.learned.PolicyPrior;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.trainer.rollout.Trajectory;
import java.util.List;

/**
 * Trajectories as the policy network reads them: N sequences of T positions, one for each schedule. The policy is asked on effective
 * steps only, so these are moved to the front; what follows them is padding that no earlier position attends to.
 */
final class EpisodeBatch {
    private final PolicySpec spec;
    private final int sequences;
    private int steps;

    /** [N][T][F]. */
    final float[] features;

    /** [N][T][P], 1 at the rows of the previous action: one for a joint head, or one per axis, each of them with a start symbol. */
    final float[] previous;

    /** [N][L]: what the network's logits are added to. */
    final float[] prior;

    /** [N][T][L], 1 at the logits of the action, one or one per axis; 0 in padding. */
    final float[] actions;

    /** [N][T], under the distribution that the action was drawn from, in nats; 0 in padding. */
    final float[] oldLogProbability;

    /** [N][T]; 0 in padding. */
    final float[] advantages;

    /** [N][T], 1 or, in padding, 0. */
    final float[] present;

    private EpisodeBatch(PolicySpec spec, int sequences) {
        int positions = sequences * spec.horizon();
        this.spec = spec;
        this.sequences = sequences;
        this.features = new float[Math.multiplyExact(positions, spec.features())];
        this.previous = new float[Math.multiplyExact(positions, previousRows(spec))];
        this.prior = new float[sequences * spec.logits()];
        this.actions = new float[Math.multiplyExact(positions, spec.logits())];
        this.oldLogProbability = new float[positions];
        this.advantages = new float[positions];
        this.present = new float[positions];
    }

    /**
     * Puts trajectories together.
     *
     * @param advantages for each trajectory, [K·T]
     * @throws IllegalArgumentException if a trajectory is not one of the network's
     */
    static EpisodeBatch of(PolicySpec spec, List<Trajectory> trajectories, List<double[]> advantages) {
        EpisodeBatch batch = new EpisodeBatch(
                spec, trajectories.stream().mapToInt(Trajectory::schedules).sum());
        PolicyPrior prior = new PolicyPrior(spec);
        int sequence = 0;
        for (int i = 0; i < trajectories.size(); i++) {
            Trajectory trajectory = trajectories.get(i);
            if (trajectory.featureLength() != spec.features() || trajectory.steps() > spec.horizon()) {
                throw new IllegalArgumentException("%d steps with %d features each, for a network of %d with %d"
                        .formatted(trajectory.steps(), trajectory.featureLength(), spec.horizon(), spec.features()));
            }
            for (int k = 0; k < trajectory.schedules(); k++) {
                prior.logits(trajectory.item().target(), batch.prior, sequence * spec.logits());
                batch.add(sequence++, trajectory, k, advantages.get(i));
            }
        }
        return batch;
    }

    private void add(int sequence, Trajectory trajectory, int k, double[] advantage) {
        int to = sequence * spec.horizon();
        for (int from = k * trajectory.steps(); from < (k + 1) * trajectory.steps(); from++) {
            if (trajectory.effective()[from]) {
                System.arraycopy(
                        trajectory.features(), from * spec.features(), features, to * spec.features(), spec.features());
                markPrevious(to, trajectory.previous()[from]);
                markAction(to, trajectory.actions()[from]);
                oldLogProbability[to] = trajectory.logProbability()[from];
                advantages[to] = (float) advantage[from];
                present[to] = 1;
                steps++;
                to++;
            }
        }
        for (int end = (sequence + 1) * spec.horizon(); to < end; to++) {
            markPrevious(to, -1);
        }
    }

    private void markPrevious(int position, int action) {
        int row = position * previousRows(spec);
        if (spec.joint()) {
            previous[row + (action < 0 ? spec.grid().size() : action)] = 1;
            return;
        }
        for (Axis axis : Axis.values()) {
            int values = spec.grid().size(axis);
            previous[row + (action < 0 ? values : spec.grid().coordinate(action, axis))] = 1;
            row += values + 1;
        }
    }

    private void markAction(int position, int action) {
        int row = position * spec.logits();
        if (spec.joint()) {
            actions[row + action] = 1;
            return;
        }
        for (Axis axis : Axis.values()) {
            actions[row + spec.logitOffset(axis) + spec.grid().coordinate(action, axis)] = 1;
        }
    }

    /** P: rows of the tables that the previous action is looked up in, one after the other. */
    static int previousRows(PolicySpec spec) {
        return spec.joint() ? spec.logits() + 1 : spec.logits() + Axis.values().length;
    }

    /** N. */
    int sequences() {
        return sequences;
    }

    /** The steps that are not padding. */
    int steps() {
        return steps;
    }
}
