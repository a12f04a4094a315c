package dev.sol.runtime.engine;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Observation;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import java.util.Arrays;
import java.util.IdentityHashMap;

/**
 * What a policy itself takes for a token, which a budget in milliseconds pays for: measured when first asked for, in some 50 ms. One
 * thread at a time.
 */
final class PolicyCosts {
    /** Java needs a while to compile what it runs. */
    private static final long WARM_UP_NANOS = 50_000_000;

    private static final int CHOICES = 64;

    private final int embeddingLength;
    private final IdentityHashMap<ComputePolicy, Double> known = new IdentityHashMap<>();

    /** @param embeddingLength floats in a hidden state and in a token embedding */
    PolicyCosts(int embeddingLength) {
        this.embeddingLength = embeddingLength;
    }

    /** The median time of a choice, in milliseconds; what reads the model for it is not included. */
    double millis(ComputePolicy policy) {
        return known.computeIfAbsent(policy, this::measure);
    }

    private double measure(ComputePolicy policy) {
        long start = System.nanoTime();
        double[] millis;
        do {
            millis = choices(policy);
        } while (System.nanoTime() - start < WARM_UP_NANOS);
        Arrays.sort(millis);
        return millis[CHOICES / 2];
    }

    /** The times of a generation's choices. */
    private double[] choices(ComputePolicy policy) {
        ActionGrid grid = policy.grid();
        Budget target = new Budget(middle(Axis.ATTN, grid), middle(Axis.MLP, grid), middle(Axis.BITS, grid));
        PolicyContext context = new PolicyContext(target, grid, 0);
        PolicySession session = policy.start(context);
        Observation observation = new Observation(
                context,
                CHOICES,
                policy.needsHidden() ? embeddingLength : 0,
                policy.needsEmbedding() ? embeddingLength : 0);
        Arrays.fill(observation.hidden(), 1);
        Arrays.fill(observation.embedding(), 1);
        double[] millis = new double[CHOICES];
        for (int step = 0; step < CHOICES; step++) {
            observation.begin(step, true);
            observation.previousEntropy(.5);
            long before = System.nanoTime();
            Action action = session.next(observation);
            millis[step] = (System.nanoTime() - before) / 1e6;
            observation.record(action, action.attnKeep(), action.mlpKeep(), action.actBits());
        }
        return millis;
    }

    private static double middle(Axis axis, ActionGrid grid) {
        return (grid.minimum(axis) + grid.maximum(axis)) / 2;
    }
}
