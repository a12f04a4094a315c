package dev.sol.trainer.knobs;

import dev.sol.policy.Action;
import dev.sol.policy.Axis;
import dev.sol.runtime.KnobOptions;

/**
 * One meaning of one knob: what a context is made for.
 *
 * @param axis the knob; the others are dense
 * @param name in the words of the command line's options, by slashes: {@code attn/quest/tail/kv}
 * @param knobs how the context is made
 */
record Configuration(Axis axis, String name, KnobOptions knobs) {

    /** The name without the knob: {@code quest/tail/kv}. */
    String variant() {
        return name.substring(name.indexOf('/') + 1);
    }

    /**
     * What a token may spend.
     *
     * @throws IllegalArgumentException if the value is out of the knob's range
     */
    Action action(double value) {
        return switch (axis) {
            case ATTN -> new Action(value, 1, Action.DENSE.actBits());
            case MLP -> new Action(1, value, Action.DENSE.actBits());
            case BITS -> new Action(1, 1, (int) value);
        };
    }
}
