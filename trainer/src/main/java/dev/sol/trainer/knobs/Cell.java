package dev.sol.trainer.knobs;

import dev.sol.policy.Action;
import dev.sol.policy.Axis;

/**
 * One measurement of the grid.
 *
 * @param configuration what the knob means
 * @param value what every scored token gets
 */
record Cell(Configuration configuration, double value) {

    /** Unique in a grid: {@code attn/quest/tail/kv/0.25}. */
    String id() {
        return configuration.name() + "/" + text();
    }

    /** The value, as short as it can be. */
    String text() {
        return configuration.axis() == Axis.BITS ? Integer.toString((int) value) : Double.toString(value);
    }

    Action action() {
        return configuration.action(value);
    }
}
