package dev.sol.trainer.rollout;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.DoublePredicate;

/** Policies and inputs of tests. */
final class Samples {
    static final int HORIZON = 16;

    private Samples() {}

    /** A small network on the default grid. */
    static PolicySpec spec(int embedding, boolean entropy) {
        return new PolicySpec(embedding, 32, 4, HORIZON, 8, entropy, .1, ActionGrid.defaultGrid());
    }

    /** A policy whose choices depend on all that it sees. */
    static PolicyWeights decided(PolicySpec spec, long seed) {
        PolicyWeights initial = PolicyWeights.initial(spec, seed);
        Map<String, float[]> tensors = new TreeMap<>();
        spec.shapes().keySet().forEach(name -> tensors.put(name, initial.tensor(name)));
        Random random = new Random(seed);
        for (String name : new String[] {"head.weight", "target.out.weight"}) {
            float[] values = Objects.requireNonNull(tensors.get(name));
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (.3 * random.nextGaussian());
            }
        }
        return new PolicyWeights(spec, tensors);
    }

    /** Random tokens, beginning as texts do. */
    static int[] tokens(long seed, int vocabulary, int length) {
        int[] tokens = new Random(seed).ints(length, 1, vocabulary).toArray();
        tokens[0] = 0;
        return tokens;
    }

    static WorkItem item(long id, int vocabulary, int prefix, Budget target) {
        return new WorkItem(id, tokens(id, vocabulary, prefix + HORIZON + 1), prefix, target, null, 0, 100 + id);
    }

    /** Whether two trajectories are equal in every bit. */
    static boolean same(Trajectory one, Trajectory other) {
        return Arrays.equals(one.features(), other.features())
                && Arrays.equals(one.previous(), other.previous())
                && Arrays.equals(one.actions(), other.actions())
                && Arrays.equals(one.logProbability(), other.logProbability())
                && Arrays.equals(one.reward(), other.reward())
                && Arrays.equals(one.realised(), other.realised())
                && Arrays.equals(one.effective(), other.effective())
                && Arrays.equals(one.cost(), other.cost())
                && Arrays.equals(one.dense(), other.dense());
    }

    static boolean all(float[] values, DoublePredicate predicate) {
        for (float value : values) {
            if (!predicate.test(value)) {
                return false;
            }
        }
        return true;
    }
}
