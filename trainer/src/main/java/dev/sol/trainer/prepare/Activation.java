package dev.sol.trainer.prepare;

import java.util.Set;

/** What a gated MLP does to its gate. A wrong one would cost quality only: the order of neurons is never wrong, just less good. */
enum Activation {
    SILU {
        @Override
        float apply(float x) {
            return (float) (x / (1 + Math.exp(-x)));
        }
    },
    /** By tanh, as ggml computes it. */
    GELU {
        @Override
        float apply(float x) {
            return (float) (.5 * x * (1 + Math.tanh(SQRT_2_OVER_PI * x * (1 + .044715 * x * x))));
        }
    };

    private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

    /** The architectures in llama.cpp's {@code src/models} that use LLM_FFN_GELU with a gate. */
    private static final Set<String> WITH_GELU = Set.of(
            "gemma", "gemma2", "gemma3", "gemma3n", "gemma4", "gemma4-assistant", "gemma-embedding", "grok", "t5");

    abstract float apply(float x);

    /** @param architecture {@code general.architecture} */
    static Activation of(String architecture) {
        return WITH_GELU.contains(architecture) ? GELU : SILU;
    }
}
