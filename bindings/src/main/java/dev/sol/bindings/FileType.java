package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;

/** The types that most tensors of a GGUF file may be quantised to: a part of {@code enum llama_ftype}. */
public enum FileType {
    F32(SolNative.LLAMA_FTYPE_ALL_F32()),
    F16(SolNative.LLAMA_FTYPE_MOSTLY_F16()),
    BF16(SolNative.LLAMA_FTYPE_MOSTLY_BF16()),
    Q8_0(SolNative.LLAMA_FTYPE_MOSTLY_Q8_0()),
    Q4_0(SolNative.LLAMA_FTYPE_MOSTLY_Q4_0()),
    Q4_K_M(SolNative.LLAMA_FTYPE_MOSTLY_Q4_K_M());

    private final int code;

    FileType(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
