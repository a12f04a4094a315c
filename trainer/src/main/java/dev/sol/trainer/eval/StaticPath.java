package dev.sol.trainer.eval;

import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.trainer.metrics.StaticSplit;
import java.util.List;
import java.util.function.DoubleFunction;

/**
 * The best static split for every net keep rate: linear between those that were found.
 *
 * @param rows by ascending net, at least one
 */
record StaticPath(List<StaticSplit.Row> rows) implements DoubleFunction<Budget> {

    @Override
    public Budget apply(double net) {
        StaticSplit.Row below = rows.getFirst();
        for (StaticSplit.Row row : rows) {
            double reached = row.target().net();
            if (reached >= net) {
                double from = below.target().net();
                return reached > from
                        ? between(below.target(), row.target(), (net - from) / (reached - from))
                        : row.target();
            }
            below = row;
        }
        return below.target();
    }

    private static Budget between(Budget low, Budget high, double part) {
        double at = Math.clamp(part, 0, 1);
        return new Budget(mix(Axis.ATTN, low, high, at), mix(Axis.MLP, low, high, at), mix(Axis.BITS, low, high, at));
    }

    private static double mix(Axis axis, Budget low, Budget high, double part) {
        return low.get(axis) + part * (high.get(axis) - low.get(axis));
    }
}
