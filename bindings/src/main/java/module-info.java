/** sol.h and llama.h in Java: generated downcalls (not exported) and a thin checked layer over them, for the runtime only. */
@SuppressWarnings("module") // dev.sol.runtime is compiled after this module
module dev.sol.bindings {
    requires static org.jspecify;

    exports dev.sol.bindings to
            dev.sol.runtime;
}
