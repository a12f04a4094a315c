package dev.sol.runtime.engine;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import java.util.function.DoubleFunction;

/** A policy that stands for one from a file. It always takes the first action of its grid. */
public record NamedPolicy(String name, ActionGrid grid, DoubleFunction<Budget> targets) implements ComputePolicy {

    public static NamedPolicy of(String name) {
        ActionGrid grid = ActionGrid.defaultGrid();
        return new NamedPolicy(name, grid, net -> Budget.ofNet(net, grid));
    }

    @Override
    public Budget resolve(double net) {
        return targets.apply(net);
    }

    @Override
    public PolicySession start(PolicyContext context) {
        return _ -> grid.action(0);
    }
}
