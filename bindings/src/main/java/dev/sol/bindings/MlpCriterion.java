package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;

/** How the MLP units that are kept are chosen: {@code enum sol_mlp_criterion}. */
public enum MlpCriterion {
    /** Groups of neurons by |act(gate)|·‖up‖₂·‖down‖₂. */
    NEURON(SolNative.SOL_MLP_NEURON());

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
