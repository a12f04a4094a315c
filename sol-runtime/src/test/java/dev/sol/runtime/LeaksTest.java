package dev.sol.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LeaksTest {
    @Test
    void whatNobodyClosedIsFreedAfterItsOwner() throws Exception {
        Lifetime lifetime = new Lifetime("the thing");
        AtomicInteger freed = new AtomicInteger();
        leak(lifetime, freed);

        Instant end = Instant.now().plus(Duration.ofSeconds(30));
        while (freed.get() == 0 && Instant.now().isBefore(end)) {
            System.gc();
            Thread.sleep(10);
        }
        assertThat(freed).hasValue(1);
        assertThat(lifetime.isClosed()).isTrue();
    }

    private static void leak(Lifetime lifetime, AtomicInteger freed) {
        Leaks.watch(new Object(), "a thing", lifetime, () -> lifetime.close(() -> {}, freed::incrementAndGet));
    }

    @Test
    void whatWasClosedIsNotFreedAgain() {
        Lifetime lifetime = new Lifetime("the thing");
        AtomicInteger freed = new AtomicInteger();
        Object owner = new Object();
        var backstop = Leaks.watch(owner, "a thing", lifetime, () -> lifetime.close(() -> {}, freed::incrementAndGet));
        lifetime.close(() -> {}, freed::incrementAndGet);
        backstop.clean();

        assertThat(freed).hasValue(1);
    }
}
