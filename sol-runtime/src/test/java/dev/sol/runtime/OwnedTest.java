package dev.sol.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.bindings.InvalidArgumentException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OwnedTest {
    private final AtomicInteger freed = new AtomicInteger();

    @Test
    void whatNobodyClosedIsFreedAfterItsOwner() throws Exception {
        Owned<AtomicInteger> owned = leak(freed);

        Instant end = Instant.now().plus(Duration.ofSeconds(30));
        while (freed.get() == 0 && Instant.now().isBefore(end)) {
            System.gc();
            Thread.sleep(10);
        }
        assertThat(freed).hasValue(1);
        assertThatThrownBy(() -> owned.call(AtomicInteger::get)).isInstanceOf(ClosedException.class);
    }

    private static Owned<AtomicInteger> leak(AtomicInteger counter) {
        return new Owned<>(new Object(), "thing", counter, AtomicInteger::incrementAndGet);
    }

    @Test
    void whatWasClosedIsNotFreedAgain() {
        AtomicInteger interrupted = new AtomicInteger();
        Owned<AtomicInteger> owned =
                new Owned<>(this, "thing", freed, _ -> interrupted.incrementAndGet(), AtomicInteger::incrementAndGet);
        owned.close();
        owned.close();

        assertThat(freed).hasValue(1);
        assertThat(interrupted).hasValue(1);
    }

    @Test
    void nobodyUsesWhatIsClosed() {
        AtomicInteger uses = new AtomicInteger();
        Owned<AtomicInteger> owned = new Owned<>(this, "thing", freed, AtomicInteger::incrementAndGet);
        owned.callIfOpen(_ -> uses.incrementAndGet());
        int used = owned.call(_ -> uses.incrementAndGet());
        assertThat(used).isEqualTo(2);
        owned.close();

        owned.callIfOpen(_ -> uses.incrementAndGet());
        assertThatThrownBy(() -> owned.call(_ -> uses.incrementAndGet()))
                .isInstanceOf(ClosedException.class)
                .hasMessageContaining("the thing");
        assertThat(uses).hasValue(2);
    }

    @Test
    void failuresOfTheBindingsAreOurs() {
        Owned<AtomicInteger> owned = new Owned<>(this, "thing", freed, AtomicInteger::incrementAndGet);
        assertThatThrownBy(() -> owned.call(_ -> {
                    throw new InvalidArgumentException("no such token");
                }))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no such token");
        owned.close(); // the failed use has ended
        assertThat(freed).hasValue(1);
    }
}
