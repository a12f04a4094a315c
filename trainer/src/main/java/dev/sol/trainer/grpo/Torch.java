package dev.sol.trainer.grpo;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import dev.sol.runtime.UserCache;

/**
 * libtorch, in this process, on the CPU. It comes with the program: nothing is looked up or reported over the network. One thread
 * computes, so that sums have one order and equal seeds give equal bits; the policy is small beside the model that it is trained on.
 */
final class Torch {
    private static final String ENGINE = "PyTorch";

    static {
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("ai.djl.pytorch.num_threads", "1");
        System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
        // Where the libraries are unpacked to, once, unless DJL's own variable says otherwise.
        if (System.getProperty("ENGINE_CACHE_DIR") == null && System.getenv("ENGINE_CACHE_DIR") == null) {
            System.setProperty("ENGINE_CACHE_DIR", UserCache.folder("torch").toString());
        }
    }

    private Torch() {}

    static Engine engine() {
        try {
            return Engine.getEngine(ENGINE);
        } catch (RuntimeException | LinkageError e) {
            throw new IllegalStateException("libtorch cannot be loaded on this machine: " + e, e);
        }
    }

    /** Owns arrays, until it is closed. */
    static NDManager newManager() {
        return engine().newBaseManager(Device.cpu());
    }
}
