package dev.sol.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LifetimeTest {
    @Test
    void usesAreRefusedAfterClose() {
        Lifetime lifetime = new Lifetime("the thing");
        lifetime.enter();
        lifetime.exit();
        lifetime.close(() -> {}, () -> {});

        assertThat(lifetime.isClosed()).isTrue();
        assertThat(lifetime.tryEnter()).isFalse();
        assertThatThrownBy(lifetime::enter).isInstanceOf(ClosedException.class).hasMessage("the thing is closed");
    }

    @Test
    void closeFreesOnce() {
        Lifetime lifetime = new Lifetime("x");
        AtomicInteger freed = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
            lifetime.close(() -> {}, freed::incrementAndGet);
        }

        assertThat(freed).hasValue(1);
    }

    @Test
    void closeWaitsForTheUseThatItInterrupts() throws Exception {
        Lifetime lifetime = new Lifetime("x");
        CountDownLatch interrupted = new CountDownLatch(1);
        AtomicBoolean used = new AtomicBoolean();
        lifetime.enter();
        Thread user = Thread.ofPlatform().start(() -> {
            try {
                interrupted.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            used.set(true);
            lifetime.exit();
        });

        AtomicBoolean usedBeforeFree = new AtomicBoolean();
        lifetime.close(interrupted::countDown, () -> usedBeforeFree.set(used.get()));

        assertThat(usedBeforeFree).isTrue();
        user.join();
    }

    @Test
    void everyCloserWaitsUntilItIsFreed() throws Exception {
        Lifetime lifetime = new Lifetime("x");
        CountDownLatch firstIsFreeing = new CountDownLatch(1);
        CountDownLatch mayFree = new CountDownLatch(1);
        Thread first = Thread.ofPlatform()
                .start(() -> lifetime.close(() -> {}, () -> {
                    firstIsFreeing.countDown();
                    try {
                        mayFree.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }));
        firstIsFreeing.await();
        Thread second = Thread.ofPlatform().start(() -> lifetime.close(() -> {}, () -> {}));

        assertThat(second.join(java.time.Duration.ofMillis(50))).isFalse();
        mayFree.countDown();
        second.join();
        first.join();
    }

    @Test
    void anInterruptDoesNotCutTheWaitShort() throws Exception {
        Lifetime lifetime = new Lifetime("x");
        lifetime.enter();
        AtomicBoolean freed = new AtomicBoolean();
        AtomicBoolean stillInterrupted = new AtomicBoolean();
        Thread closer = Thread.ofPlatform().start(() -> {
            Thread.currentThread().interrupt();
            lifetime.close(() -> {}, () -> freed.set(true));
            stillInterrupted.set(Thread.currentThread().isInterrupted());
        });

        assertThat(closer.join(java.time.Duration.ofMillis(50))).isFalse();
        assertThat(freed).isFalse();
        lifetime.exit();
        closer.join();
        assertThat(freed).isTrue();
        assertThat(stillInterrupted).isTrue();
    }

    /** Many threads use and close; whoever got in must never see the thing freed. */
    @Test
    void nobodyIsInsideWhenItIsFreed() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
            for (int round = 0; round < 200; round++) {
                Lifetime lifetime = new Lifetime("x");
                AtomicBoolean freed = new AtomicBoolean();
                AtomicInteger frees = new AtomicInteger();
                CountDownLatch start = new CountDownLatch(1);
                var users = IntStream.range(0, 4)
                        .mapToObj(_ -> threads.submit(() -> {
                            start.await();
                            int uses = 0;
                            while (lifetime.tryEnter()) {
                                if (freed.get()) {
                                    return -1;
                                }
                                uses++;
                                lifetime.exit();
                            }
                            return uses;
                        }))
                        .toList();
                var closers = IntStream.range(0, 2)
                        .mapToObj(_ -> threads.submit(() -> {
                            start.await();
                            lifetime.close(() -> {}, () -> {
                                freed.set(true);
                                frees.incrementAndGet();
                            });
                            return freed.get();
                        }))
                        .toList();
                start.countDown();

                for (Future<Integer> user : users) {
                    assertThat(user.get(30, TimeUnit.SECONDS)).isNotNegative();
                }
                for (Future<Boolean> closer : closers) {
                    assertThat(closer.get(30, TimeUnit.SECONDS)).isTrue();
                }
                assertThat(frees).hasValue(1);
            }
        }
    }
}
