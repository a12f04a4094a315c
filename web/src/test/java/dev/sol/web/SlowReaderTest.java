package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SlowReaderTest {
    private static final int MAX_PENDING = 64 << 10;
    private static final String STREAM = "{\"prompt\": \"x\", \"stream\": true}";
    private static final String PIECE = "x".repeat(8 << 10);

    /** More than the kernel's buffers of a connection can hold. */
    private static final int PIECES = 8192;

    private static FakeServer server;

    @BeforeAll
    static void start() {
        server = FakeServer.start(FakeServer.OPTIONS.withMaxPendingBytes(MAX_PENDING));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void aClientThatDoesNotReadIsCutOff() throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.complete(STREAM);
            FakeCompleter.Submission submission = server.completer.take();
            int sent = 0;
            while (!submission.isCancelled() && sent < PIECES) {
                submission.text(PIECE); // does not block, however much is pending
                sent++;
                Thread.sleep(1); // the event loop keeps up, so what is pending waits for the client
            }
            assertThat(submission.awaitCancelled()).isTrue();
            submission.finishCancelled();

            String received = client.rest();
            assertThat(received).doesNotContain("[DONE]", "error");
            assertThat(received.length()).isLessThanOrEqualTo(sent * (PIECE.length() + 300));
        }
        assertThat(server.client.get("/health").status()).isEqualTo(200);
    }

    @Test
    void aClientThatReadsGetsMoreThanTheLimit() throws Exception {
        var data = server.client.streamAsync(STREAM);
        FakeCompleter.Submission submission = server.completer.take();
        int pieces = 20 * MAX_PENDING / PIECE.length();
        for (int i = 0; i < pieces; i++) {
            submission.text(PIECE);
            Thread.sleep(2);
        }
        submission.finish("");
        assertThat(EventStream.text(EventStream.chunks(data.join()))).hasSize(pieces * PIECE.length());
        assertThat(submission.isCancelled()).isFalse();
    }

    /** A long trace is larger than the limit; nothing follows that could pile up behind it. */
    @Test
    void theLastEventsAreNotLimited() throws Exception {
        var data = server.client.streamAsync(STREAM);
        FakeCompleter.Submission submission = server.completer.take();
        submission.text("x".repeat(100 * MAX_PENDING));
        submission.finish("");
        assertThat(EventStream.chunks(data.join())).hasSize(2);
    }

    /** Memory is bounded for each client, not for all together: the others go on. */
    @Test
    void othersAreNotAffected() throws Exception {
        try (RawClient stalled = new RawClient(server.server)) {
            stalled.complete(STREAM);
            FakeCompleter.Submission first = server.completer.take();
            for (int i = 0; i < PIECES && !first.isCancelled(); i++) {
                first.text(PIECE);
                Thread.sleep(1);
            }
            var answer = server.client.completeAsync("{\"prompt\": \"x\"}");
            server.completer.take().finish("fine");
            assertThat(answer.join().text()).isEqualTo("fine");
        }
    }
}
