package dev.sol.runtime.engine;

import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Policies;
import dev.sol.runtime.RequestException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The policies that requests can name: those that need no file, and learned ones that were loaded for the model. One of them is for
 * requests that name none. Immutable; for any thread.
 */
public final class PolicyRegistry {
    /** The policies that need no file; {@value CompletionRequest#DEFAULT_POLICY} is the default. */
    public static final PolicyRegistry BUILT_IN = builtIn();

    private final Map<String, ComputePolicy> policies;
    private final ComputePolicy defaultPolicy;

    private PolicyRegistry(Map<String, ComputePolicy> policies, ComputePolicy defaultPolicy) {
        this.policies = policies;
        this.defaultPolicy = defaultPolicy;
    }

    private static PolicyRegistry builtIn() {
        Map<String, ComputePolicy> policies = new LinkedHashMap<>();
        Policies.names().forEach(name -> policies.put(name, Policies.byName(name)));
        return new PolicyRegistry(policies, Policies.byName(CompletionRequest.DEFAULT_POLICY));
    }

    /**
     * These policies and another one.
     *
     * @throws RequestException if there is one of this name
     */
    public PolicyRegistry with(ComputePolicy policy) {
        Map<String, ComputePolicy> more = new LinkedHashMap<>(policies);
        if (more.put(policy.name(), policy) != null) {
            throw RequestException.invalid(
                    "policy", "there are two policies called '%s': rename a file".formatted(policy.name()));
        }
        return new PolicyRegistry(more, defaultPolicy);
    }

    /**
     * These policies, with another default.
     *
     * @throws RequestException if there is none of this name
     */
    public PolicyRegistry withDefault(String name) {
        return new PolicyRegistry(policies, byName(name));
    }

    /**
     * The policy called {@code name}.
     *
     * @throws RequestException if there is none; its message lists the names
     */
    public ComputePolicy byName(String name) {
        ComputePolicy policy = policies.get(name);
        if (policy == null) {
            throw RequestException.invalid(
                    "policy", "unknown policy '%s'; known: %s".formatted(name, String.join(", ", names())));
        }
        return policy;
    }

    /** Of requests that have a budget and name no policy. */
    public ComputePolicy defaultPolicy() {
        return defaultPolicy;
    }

    /** In the order in which they were added, those that need no file first. */
    public List<String> names() {
        return new ArrayList<>(policies.keySet());
    }
}
