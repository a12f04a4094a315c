package dev.sol.policy;

import java.util.List;

/** The policies that need no file. */
public final class Policies {
    private static final List<ComputePolicy> BUILT_IN =
            List.of(new DensePolicy(), new UniformPolicy(), new RandomPolicy(), new EntropyPolicy(), new DriftPolicy());

    private Policies() {}

    /**
     * The policy called {@code name}.
     *
     * @throws UnknownPolicyException if there is none; its message lists the names
     */
    public static ComputePolicy byName(String name) {
        return BUILT_IN.stream()
                .filter(policy -> policy.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UnknownPolicyException(name, names()));
    }

    /** The names that {@link #byName} knows. */
    public static List<String> names() {
        return BUILT_IN.stream().map(ComputePolicy::name).toList();
    }
}
