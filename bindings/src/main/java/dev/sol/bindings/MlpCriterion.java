package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;

/** How the MLP units that are kept are chosen: {@code enum sol_mlp_criterion}. */
public enum MlpCriterion {
    /** Groups of neurons by |act(gate)|·‖up‖₂·‖down‖₂; in each chosen expert for itself. */
    NEURON(SolNative.SOL_MLP_NEURON()),
    /** Channels of the MLP's input by magnitude; groups do not matter. */
    CHANNEL(SolNative.SOL_MLP_CHANNEL());

    private final int code;

    MlpCriterion(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static MlpCriterion of(int code) {
        for (MlpCriterion criterion : values()) {
            if (criterion.code == code) {
                return criterion;
            }
        }
        throw new NativeErrorException("unknown sol_mlp_criterion " + code);
    }
}
