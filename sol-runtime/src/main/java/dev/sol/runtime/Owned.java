package dev.sol.runtime;

import dev.sol.bindings.SolException;
import java.lang.ref.Cleaner;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a Java object owns of the native side. It is freed once, when nobody uses it any more: after {@link #close}, or, as a
 * backstop, when the collector finds an owner that nobody closed. For any number of threads.
 *
 * @param <T> handles of what is owned
 */
final class Owned<T> {
    private static final Logger log = LoggerFactory.getLogger(Owned.class);
    private static final Cleaner CLEANER = Cleaner.create();

    private final T handles;
    private final Consumer<? super T> interrupt;
    private final Consumer<? super T> free;
    private final Lifetime lifetime;
    private final Cleaner.Cleanable backstop;

    /**
     * Takes the handles over.
     *
     * @param owner the object; nothing of the rest may refer to it, or the collector never finds it
     * @param name of the owner in messages, such as {@code model}
     * @param handles what is owned
     * @param free called once
     */
    Owned(Object owner, String name, T handles, Consumer<? super T> free) {
        this(owner, name, handles, _ -> {}, free);
    }

    /**
     * The same with uses that can be hurried.
     *
     * @param interrupt called once, before {@link #close} waits
     */
    Owned(Object owner, String name, T handles, Consumer<? super T> interrupt, Consumer<? super T> free) {
        this.handles = handles;
        this.interrupt = interrupt;
        this.free = free;
        this.lifetime = new Lifetime("the " + name);
        this.backstop = CLEANER.register(owner, () -> {
            if (!lifetime.isClosed()) {
                log.warn("a {} was not closed; it is freed now", name);
            }
            end();
        });
    }

    /**
     * Runs {@code use} on the handles, which are not freed meanwhile. Failures of the bindings are those of the API afterwards.
     *
     * @throws ClosedException after {@link #close}
     */
    <R> R call(Function<? super T, R> use) {
        lifetime.enter();
        try {
            return use.apply(handles);
        } catch (SolException e) {
            throw NativeErrors.translate(e);
        } finally {
            lifetime.exit();
        }
    }

    /** Runs {@code use} on the handles; nothing after {@link #close}. */
    void callIfOpen(Consumer<? super T> use) {
        if (lifetime.tryEnter()) {
            try {
                use.accept(handles);
            } finally {
                lifetime.exit();
            }
        }
    }

    private void end() {
        lifetime.close(() -> interrupt.accept(handles), () -> free.accept(handles));
    }

    /** Waits for running uses. A second call does nothing. */
    void close() {
        end();
        backstop.clean();
    }
}
