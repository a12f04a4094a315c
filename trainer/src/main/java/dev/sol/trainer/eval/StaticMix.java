package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import java.util.Iterator;
import java.util.stream.Stream;

/**
 * The same for every token, as nearly as can be. What is used comes in steps, of a unit of neurons, say; so that its mean can be anything,
 * each axis takes two values in turn that are next to each other: .02 apart, which costs nothing that could be measured, and a bit.
 *
 * @param phase 0 to 1: how much of the distance to the higher value is owed at the start
 */
record StaticMix(double phase) implements OpenLoop {
    static final String NAME = "static";
    private static final double STEPS = 50;
    private static final double SLACK = 1e-9;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Iterator<Action> actions(Budget target) {
        ErrorDiffusion attn = mix(target.attn(), STEPS);
        ErrorDiffusion mlp = mix(target.mlp(), STEPS);
        ErrorDiffusion bits = mix(target.bits(), 1);
        return Stream.generate(() -> new Action(attn.next(), mlp.next(), (int) bits.next()))
                .iterator();
    }

    private ErrorDiffusion mix(double target, double steps) {
        double low = Math.floor(target * steps + SLACK) / steps;
        double high = Math.ceil(target * steps - SLACK) / steps;
        return new ErrorDiffusion(low, high, Math.clamp(target, low, Math.max(low, high)), phase);
    }

    /** The same in all windows, their phases spread evenly. */
    static Spender spender(int windows, Budget target) {
        Budget within = new Budget(
                ActionGrid.defaultGrid().clamp(Axis.ATTN, target.attn()),
                ActionGrid.defaultGrid().clamp(Axis.MLP, target.mlp()),
                ActionGrid.defaultGrid().clamp(Axis.BITS, target.bits()));
        return new Spender(NAME, window -> new StaticMix((window + .5) / windows), within);
    }
}
