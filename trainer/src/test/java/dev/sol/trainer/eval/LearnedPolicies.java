package dev.sol.trainer.eval;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.learned.LearnedPolicy;
import dev.sol.policy.learned.PolicyFile;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Small policies on the default grid. */
final class LearnedPolicies {
    private static final int HORIZON = 16;

    private LearnedPolicies() {}

    /** As training starts: static. */
    static LearnedPolicy initial(int embedding) {
        return policy(PolicyWeights.initial(spec(embedding), 3));
    }

    /** Wants the ends of each axis and nothing between them, at any token: the worst way to keep a budget where loss is convex. */
    static LearnedPolicy extreme(int embedding) {
        PolicySpec spec = spec(embedding);
        PolicyWeights initial = PolicyWeights.initial(spec, 3);
        Map<String, float[]> tensors = new TreeMap<>();
        spec.shapes().keySet().forEach(name -> tensors.put(name, initial.tensor(name)));
        float[] bias = Objects.requireNonNull(tensors.get("head.bias"));
        for (Axis axis : Axis.values()) {
            int offset = spec.logitOffset(axis);
            bias[offset] = 100;
            bias[offset + spec.grid().size(axis) - 1] = 100;
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
