package dev.sol.policy;

/** Chooses, token by token, how much compute a generation spends. Implementations are immutable and safe to share. */
public interface ComputePolicy {
    /** The name under which a request asks for the policy. */
    String name();

    /** The actions that the policy knows. Budgets are resolved on this grid; a budget never changes it. */
    default ActionGrid grid() {
        return ActionGrid.defaultGrid();
    }

    /**
     * The targets that one number means to this policy; their {@link Budget#net()} is {@code net}.
     *
     * @throws UnattainableBudgetException for {@code budget}, if no targets on the grid have this net, or it is NaN
     */
    default Budget resolve(double net) {
        return Budget.ofNet(net, grid());
    }

    /** Whether {@link Observation#hidden()} must be filled before each choice. */
    default boolean needsHidden() {
        return false;
    }

    /** Whether {@link Observation#embedding()} must be filled before each choice. */
    default boolean needsEmbedding() {
        return false;
    }

    /** Whether {@link Observation#previousEntropy()} must be set before each choice. */
    default boolean needsEntropy() {
        return false;
    }

    /**
     * Starts one generation.
     *
     * @throws IllegalArgumentException if the policy cannot work on the context's grid or towards its target
     */
    PolicySession start(PolicyContext context);
}
