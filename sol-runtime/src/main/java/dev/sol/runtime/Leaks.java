package dev.sol.runtime;

import java.lang.ref.Cleaner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The backstop for owners that nobody closed: frees what they own when the collector finds them, and says so. */
final class Leaks {
    private static final Logger log = LoggerFactory.getLogger(Leaks.class);
    private static final Cleaner CLEANER = Cleaner.create();

    private Leaks() {}

    /**
     * Runs {@code close} when {@code owner} is unreachable, unless it was closed.
     *
     * @param lifetime the owner's; neither it nor {@code close} may refer to the owner
     */
    static Cleaner.Cleanable watch(Object owner, String what, Lifetime lifetime, Runnable close) {
        return CLEANER.register(owner, () -> {
            if (!lifetime.isClosed()) {
                log.warn("{} was not closed; it is freed now", what);
            }
            close.run();
        });
    }
}
