package dev.sol.runtime;

import dev.sol.bindings.ModelHandle;
import dev.sol.bindings.Sol;
import java.util.concurrent.atomic.AtomicInteger;

/** The native model, freed when its {@link Model} and all its contexts have let go of it. For any thread. */
final class SharedModel {
    private final ModelHandle handle;
    private final AtomicInteger holders = new AtomicInteger(1);

    /** The caller holds it. */
    SharedModel(ModelHandle handle) {
        this.handle = handle;
    }

    /** For those who hold it. */
    ModelHandle handle() {
        return handle;
    }

    /** One more holder; called by one who holds it. */
    void retain() {
        holders.incrementAndGet();
    }

    void release() {
        if (holders.decrementAndGet() == 0) {
            Sol.freeModel(handle);
        }
    }
}
