package dev.sol.trainer.eval;

import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.runtime.Execution;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.Model;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How much better or worse policies are than {@code uniform}, quickly enough to be asked during a training: one run over a few windows
 * per target. Each token after a dense prefix is a decode step whose action the policy chooses as it does when it serves, and is scored
 * teacher-forced. Uniform is measured before the first policy, and taken at the means that the policy realises ({@link UniformPlane}).
 *
 * <p>There is no interval, as the numbers are for choosing among policies: {@link EvalCommand} has those. Equal policies have equal
 * results. One thread at a time, {@link #cancel} excepted.
 */
public final class PolicyValidation implements AutoCloseable {
    private final Lockstep model;
    private final PolicyEvaluation evaluation;
    private final List<Budget> targets;
    private @Nullable List<UniformPlane> uniform; // by target; measured when first needed

    /**
     * @param model is closed with this
     * @param targets at least one
     */
    PolicyValidation(Lockstep model, List<int[]> windows, int prefix, List<Budget> targets) {
        this.model = model;
        this.evaluation = new PolicyEvaluation(model, Passage.of(windows, prefix));
        this.targets = List.copyOf(targets);
    }

    /**
     * Makes the context; measures nothing.
     *
     * @param windows to measure on, at least one, all of one length; of the validation part
     * @param prefix the first tokens of each that are dense and not scored
     * @param threads 0 = automatic
     * @param targets of all windows, in turn; at least one, attainable on the policies' grid
     * @throws dev.sol.runtime.RequestException if the windows or the knobs do not fit the model
     * @throws IllegalArgumentException if there are no windows, or the prefix is out of range
     */
    public static PolicyValidation open(
            Model model, List<int[]> windows, int prefix, int threads, KnobOptions knobs, List<Budget> targets) {
        int length = windows.getFirst().length;
        int lanes = Math.min(windows.size(), ModelLockstep.lanes(model.info(), length, Execution.REFERENCE));
        // Masked and skipped steps compute the same, and many windows together are quicker masked.
        Lockstep lockstep = ModelLockstep.open(model, lanes, length, threads, Execution.REFERENCE, knobs);
        return new PolicyValidation(lockstep, windows, prefix, targets);
    }

    /**
     * Measures a policy.
     *
     * @return its loss less uniform's at the same realised means, in nats per token, mean over the targets: negative is better
     * @throws java.util.concurrent.CancellationException after {@link #cancel}
     * @throws dev.sol.runtime.ModelException if the logits are not finite
     */
    public double difference(ComputePolicy policy) {
        List<UniformPlane> planes = uniform();
        double sum = 0;
        for (int i = 0; i < planes.size(); i++) {
            Measured run = evaluation.run(Spender.of(policy, targets.get(i)), 0, _ -> {});
            sum += run.losses().perplexity().mean() - planes.get(i).at(run.realised());
        }
        return sum / planes.size();
    }

    private List<UniformPlane> uniform() {
        if (uniform == null) {
            List<UniformPlane> planes = new ArrayList<>();
            for (Budget target : targets) {
                planes.add(UniformPlane.near(target, evaluation));
            }
            uniform = planes;
        }
        return uniform;
    }

    /** Ends the running and every later {@link #difference}. Any thread. */
    public void cancel() {
        model.cancel();
    }

    @Override
    public void close() {
        model.close();
    }
}
