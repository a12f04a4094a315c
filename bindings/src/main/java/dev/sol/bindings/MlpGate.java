package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;

/** What the score of a neuron takes for its gate: {@code enum sol_mlp_gate}. */
public enum MlpGate {
    /** The gate itself. */
    EXACT(SolNative.SOL_GATE_EXACT()),
    /** What the model's predictor makes of the MLP's input; in layers that it has none for, the gate itself. */
    PREDICTED(SolNative.SOL_GATE_PREDICTED());

    private final int code;

    MlpGate(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static MlpGate of(int code) {
        for (MlpGate each : values()) {
            if (each.code == code) {
                return each;
            }
        }
        throw new NativeErrorException("unknown sol_mlp_gate " + code);
    }
}
