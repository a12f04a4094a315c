package dev.sol.policy;

/** Spares nothing, whatever the budget. */
final class DensePolicy implements ComputePolicy {
    @Override
    public String name() {
        return "dense";
    }

    @Override
    public PolicySession start(PolicyContext context) {
        return observation -> Action.DENSE;
    }
}
