package dev.sol.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.runtime.ClosedException;
import dev.sol.runtime.EngineException;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.openai.ApiError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Queue, order, cancellation, failures and shutdown, on a decoder that has no model and that tests hold and release. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CompletionEngineTest {
    private final FakeDecoder decoder = new FakeDecoder("hello ");
    private final Semaphore gate = new Semaphore(0);
    private final CompletionEngine engine = CompletionEngine.start(decoder, 2);

    @AfterEach
    void close() {
        engine.close();
    }

    /** From now on a prefill or a step needs a permit of {@link #gate}. */
    private void hold() {
        decoder.gate = gate;
    }

    private void release() {
        gate.release(1_000_000);
    }

    private static CompletionRequest request(int tokens) {
        return CompletionRequest.builder("abc").maxTokens(tokens).build();
    }

    @Test
    void calibratingIsUpToTheDecoder() {
        engine.calibrate();
        assertThat(decoder.calls).containsExactly("calibrate");
    }

    private CompletionHandle submit(int tokens) {
        return engine.submit(request(tokens), CompletionListener.NONE);
    }

    /** Submits a request and waits until it decodes. */
    private CompletionHandle submitRunning() throws InterruptedException {
        CountDownLatch started = new CountDownLatch(1);
        CompletionHandle handle = engine.submit(request(100), new CompletionListener() {
            @Override
            public void onText(String text) {}

            @Override
            public void onStart() {
                started.countDown();
            }
        });
        started.await();
        return handle;
    }

    @Test
    void completes() {
        List<String> pieces = Collections.synchronizedList(new ArrayList<>());
        AtomicReference<String> thread = new AtomicReference<>("");
        CompletionResult result = engine.submit(request(8), piece -> {
                    pieces.add(piece);
                    thread.set(Thread.currentThread().getName());
                })
                .result()
                .join();

        assertThat(result.text()).isEqualTo("hello he");
        assertThat(String.join("", pieces)).isEqualTo("hello he");
        assertThat(thread).hasValue("sol-decode");
    }

    @Test
    void requestsRunInTheOrderInWhichTheyCame() throws Exception {
        hold();
        List<Integer> ended = Collections.synchronizedList(new ArrayList<>());
        List<CompletableFuture<Void>> all = new ArrayList<>();
        all.add(submitRunning().result().thenAccept(_ -> ended.add(0)));
        all.add(submit(2).result().thenAccept(_ -> ended.add(1)));
        all.add(submit(2).result().thenAccept(_ -> ended.add(2)));

        assertThat(engine.isBusy()).isTrue();
        assertThat(engine.queueLength()).isEqualTo(2);
        release();
        all.forEach(CompletableFuture::join);
        assertThat(ended).containsExactly(0, 1, 2);
    }

    @Test
    void aFullQueueRefuses() throws Exception {
        hold();
        submitRunning();
        submit(1);
        CompletionHandle last = submit(1);

        assertThatThrownBy(() -> submit(1))
                .isInstanceOf(QueueFullException.class)
                .hasMessageContaining("2 requests");
        assertThatThrownBy(() -> submit(1))
                .satisfies(e -> assertThat(ApiError.of(e).status()).isEqualTo(429));
        last.cancel();
        submit(1); // there is room again
    }

    @Test
    void whatAnIdleEngineStartsDoesNotWait() throws Exception {
        try (CompletionEngine narrow = CompletionEngine.start(new FakeDecoder("x"), 1)) {
            for (int i = 0; i < 200; i++) {
                CompletionHandle starts = narrow.submit(request(2), CompletionListener.NONE);
                CompletionHandle waits = narrow.submit(request(2), CompletionListener.NONE);
                starts.result().get(10, TimeUnit.SECONDS);
                waits.result().get(10, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void withoutAQueueAnIdleEngineAccepts() throws Exception {
        try (CompletionEngine narrow = CompletionEngine.start(new FakeDecoder("x"), 0)) {
            for (int i = 0; i < 200; i++) {
                narrow.submit(request(2), CompletionListener.NONE).result().get(10, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void aRunningRequestIsCancelledWithinAStep() throws Exception {
        hold();
        CompletionHandle handle = submitRunning(); // waits in its prefill for ever
        handle.cancel();

        CompletionResult result = handle.result().get(10, TimeUnit.SECONDS);
        assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(result.text()).isEmpty();
        release();
        assertThat(submit(3).result().join().text()).isEqualTo("hel"); // not hit by it
    }

    @Test
    void aWaitingRequestIsCancelledAtOnce() throws Exception {
        hold();
        CompletionHandle running = submitRunning();
        CompletionHandle waiting = submit(5);
        waiting.cancel();

        CompletionResult result = waiting.result().get(10, TimeUnit.SECONDS);
        assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(engine.queueLength()).isZero();
        assertThat(running.result()).isNotDone();
        running.cancel();
    }

    @Test
    void cancellingWhatHasEndedDoesNothing() {
        CompletionHandle ended = submit(3);
        CompletionResult result = ended.result().join();
        ended.cancel();

        assertThat(ended.result().join()).isSameAs(result);
        for (int i = 0; i < 100; i++) {
            CompletionHandle next = submit(3);
            ended.cancel();
            assertThat(next.result().join().finishReason()).isEqualTo(FinishReason.LENGTH);
        }
    }

    @Test
    void whatACallerDoesToTheFutureDoesNotMatter() {
        CompletionHandle handle = submit(3);
        handle.result().cancel(true);

        assertThat(handle.result().join().text()).isEqualTo("hel");
    }

    @Test
    void aListenerThatThrowsCancelsItsRequestOnly() {
        List<String> pieces = Collections.synchronizedList(new ArrayList<>());
        CompletionHandle bad = engine.submit(request(50), piece -> {
            pieces.add(piece);
            throw new IllegalStateException("on purpose");
        });
        CompletionHandle good = submit(3);

        assertThat(bad.result().join().finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(pieces).hasSize(1);
        assertThat(good.result().join().text()).isEqualTo("hel");
    }

    @Test
    void aRequestThatFailsFailsAlone() {
        CompletionRequest tooLong =
                CompletionRequest.builder("x".repeat(1001)).maxTokens(1).build();
        CompletionHandle bad = engine.submit(tooLong, CompletionListener.NONE);
        CompletionHandle good = submit(3);

        assertThatThrownBy(() -> bad.result().join())
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(RequestException.class);
        assertThat(good.result().join().text()).isEqualTo("hel");
    }

    @Test
    void anUnexpectedFailureFailsAlone() {
        decoder.failure = new EngineException("out of memory", new RuntimeException());
        CompletionHandle bad = submit(3);

        assertThatThrownBy(() -> bad.result().join()).hasCauseInstanceOf(EngineException.class);
        assertThat(submit(3).result().join().text()).isEqualTo("hel");
        assertThat(engine.isAlive()).isTrue();
    }

    @Test
    void aDependentActionThatThrowsDoesNotEndTheEngine() throws Exception {
        hold();
        CompletionHandle handle = submitRunning();
        var action = handle.result().thenAccept(_ -> {
            throw new IllegalStateException("on purpose");
        });
        release();

        assertThatThrownBy(action::join).hasCauseInstanceOf(IllegalStateException.class);
        assertThat(submit(3).result().join().text()).isEqualTo("hel");
    }

    @Test
    void closeCancelsTheRunningAndDropsTheWaiting() throws Exception {
        hold();
        CompletionHandle running = submitRunning();
        CompletionHandle waiting = submit(1);
        engine.close();

        assertThat(running.result().join().finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThatThrownBy(() -> waiting.result().join()).hasCauseInstanceOf(ClosedException.class);
        assertThat(decoder.isClosed()).isTrue();
        assertThat(engine.isAlive()).isFalse();
        assertThatThrownBy(() -> submit(1)).isInstanceOf(ClosedException.class);
        engine.close();
    }

    @Test
    void closeWithGraceLetsAcceptedRequestsEnd() throws Exception {
        hold();
        CompletionHandle running = submitRunning();
        CompletionHandle waiting = submit(4);
        Thread closer = Thread.ofPlatform().start(() -> {
            try {
                engine.close(Duration.ofSeconds(30));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        while (engine.isAlive()) {
            Thread.onSpinWait();
        }
        assertThatThrownBy(() -> submit(1)).isInstanceOf(ClosedException.class);
        release();
        closer.join();

        assertThat(running.result().join().finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(waiting.result().join().text()).isEqualTo("hell");
        assertThat(decoder.isClosed()).isTrue();
    }

    @Test
    void graceEnds() throws Exception {
        hold();
        CompletionHandle running = submitRunning();
        engine.close(Duration.ofMillis(20));

        assertThat(running.result().join().finishReason()).isEqualTo(FinishReason.CANCELLED);
    }

    @Test
    void aListenerCannotCloseTheEngineAndWaitForItself() {
        AtomicReference<Throwable> thrown = new AtomicReference<>(new AssertionError("not called"));
        engine.submit(request(1), _ -> {
                    try {
                        engine.close();
                    } catch (IllegalStateException e) {
                        thrown.set(e);
                    }
                })
                .result()
                .join();

        assertThat(thrown.get()).isInstanceOf(IllegalStateException.class).hasMessageContaining("decode thread");
        assertThat(engine.isAlive()).isTrue();
    }

    @Test
    void manyThreadsSubmitAndCancel() throws Exception {
        Queue<Object> unexpected = new ConcurrentLinkedQueue<>();
        List<Thread> threads = IntStream.range(0, 6)
                .mapToObj(i -> Thread.ofPlatform().start(() -> {
                    for (int n = 0; n < 500; n++) {
                        try {
                            CompletionHandle handle = submit(5);
                            boolean cancel = (n + i) % 3 == 0;
                            if (cancel) {
                                handle.cancel();
                            }
                            CompletionResult result = handle.result().join();
                            if (!cancel && !result.text().equals("hello")) {
                                unexpected.add(result);
                            }
                        } catch (QueueFullException e) {
                            Thread.onSpinWait();
                        } catch (RuntimeException e) {
                            unexpected.add(e);
                        }
                    }
                }))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(unexpected).isEmpty();
        assertThat(submit(3).result().join().text()).isEqualTo("hel");
        assertThat(engine.queueLength()).isZero();
    }
}
