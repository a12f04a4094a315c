package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;

/** The weight of a message of llama.cpp: {@code enum ggml_log_level}. */
public enum LogLevel {
    DEBUG(SolNative.GGML_LOG_LEVEL_DEBUG()),
    INFO(SolNative.GGML_LOG_LEVEL_INFO()),
    WARN(SolNative.GGML_LOG_LEVEL_WARN()),
    ERROR(SolNative.GGML_LOG_LEVEL_ERROR());

    private final int code;

    LogLevel(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
