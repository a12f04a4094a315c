package dev.sol.trainer.eval;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.learned.LearnedPolicy;
import dev.sol.policy.learned.PolicyFile;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;

/** Small policies on the default grid. */
final class LearnedPolicies {
    private static final int HORIZON = 16;

    private LearnedPolicies() {}

    /** As training starts: static. */
    static LearnedPolicy initial(int embedding) {
        return policy(PolicyWeights.initial(spec(embedding), 3));
    }

    /** Wants one end of each axis or the other, for no reason: the worst way to keep a budget where loss is convex. */
    static LearnedPolicy extreme(int embedding) {
        PolicySpec spec = spec(embedding);
        PolicyWeights initial = PolicyWeights.initial(spec, 3);
        Map<String, float[]> tensors = new TreeMap<>();
        spec.shapes().keySet().forEach(name -> tensors.put(name, initial.tensor(name)));
        Random random = new Random(7);
        float[] head = Objects.requireNonNull(tensors.get("head.weight"));
        for (int i = 0; i < head.length; i++) {
            head[i] = (float) (100 * random.nextGaussian());
        }
        return policy(new PolicyWeights(spec, tensors));
    }

    private static PolicySpec spec(int embedding) {
        return new PolicySpec(embedding, 16, 2, HORIZON, 4, false, .1, ActionGrid.defaultGrid());
    }

    private static LearnedPolicy policy(PolicyWeights weights) {
        PolicyFile.Targets targets = PolicyFile.Targets.of(weights.spec().grid());
        PolicyFile.Model model = new PolicyFile.Model("test", "00", "test");
        return new LearnedPolicy(
                "test", new PolicyFile(weights, new PolicyFile.Header(targets, List.of(), model, Map.of())));
    }
}
