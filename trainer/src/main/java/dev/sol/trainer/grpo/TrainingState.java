package dev.sol.trainer.grpo;

import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All that a run needs to go on after an update as if it had not been interrupted. Random numbers have no state beside the number of
 * the next item: see {@link EpisodePlan}. The arrays are not copied, and not changed once they are in here.
 *
 * @param update how many there were
 * @param nextItem number of the first item of the next update
 * @param weights the policy that schedules are drawn from, by tensor
 * @param average the mean of these over the updates, which is what is measured and kept; see {@link WeightAverage}
 * @param memory the optimiser's
 * @param best the best policy so far
 * @param history of the updates, in their order
 */
public record TrainingState(
        long update,
        long nextItem,
        SortedMap<String, float[]> weights,
        SortedMap<String, float[]> average,
        AdamW.Memory memory,
        Best best,
        List<UpdateMetrics> history) {
    /**
     * The best policy so far: by the validation, or else the last one.
     *
     * @param update after which it was there
     * @param difference {@link Validation#difference}; NaN if it was not measured
     * @param weights by tensor
     */
    public record Best(long update, double difference, SortedMap<String, float[]> weights) {}

    public TrainingState {
        history = List.copyOf(history);
    }

    /** Before the first update. */
    public static TrainingState initial(PolicyWeights weights) {
        SortedMap<String, float[]> tensors = tensors(weights);
        return new TrainingState(
                0, 0, tensors, tensors, AdamW.Memory.empty(tensors), new Best(0, Double.NaN, tensors), List.of());
    }

    /** The policy as it is now. */
    public PolicyWeights policy(PolicySpec spec) {
        return new PolicyWeights(spec, weights);
    }

    /** The best policy. */
    public PolicyWeights bestPolicy(PolicySpec spec) {
        return new PolicyWeights(spec, best.weights());
    }

    private static SortedMap<String, float[]> tensors(PolicyWeights weights) {
        SortedMap<String, float[]> tensors = new TreeMap<>();
        weights.spec().shapes().keySet().forEach(name -> tensors.put(name, weights.tensor(name)));
        return tensors;
    }
}
