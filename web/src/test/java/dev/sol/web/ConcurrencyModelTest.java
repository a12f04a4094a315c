package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.engine.CompletionHandle;
import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.engine.FinishReason;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that wait, that are refused, and that nobody waits for any more. */
@Tag("model")
class ConcurrencyModelTest {
    private static final int QUEUE = 1;
    private static final long PAUSE_MILLIS = 20;

    /** With the pause: at least four seconds. */
    private static final String LONG =
            "{\"prompt\": \"Once upon a time\", \"max_tokens\": 240, \"temperature\": 0, \"ignore_eos\": true%s}";

    private static final String SHORT = "{\"prompt\": \"Once upon a time\", \"max_tokens\": 1}";

    private ModelServer server;

    @BeforeEach
    void start() {
        server = ModelServer.start(QUEUE);
        server.pauseAfterText(PAUSE_MILLIS);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static CompletionResult resultOf(CompletionHandle handle) throws Exception {
        return handle.result().get(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void requestsAreAnsweredInTheirOrder() throws Exception {
        List<String> order = new CopyOnWriteArrayList<>();
        server.pauseAfterText(5);
        CompletableFuture<Client.Answer> first = server.client.completeAsync(LONG.formatted(""));
        CompletionHandle running = server.takeRunning();
        CompletableFuture<Client.Answer> second = server.client.completeAsync(SHORT);
        CompletionHandle waiting = server.takeAccepted();
        CompletableFuture<Void> ended = CompletableFuture.allOf(
                running.result().thenRun(() -> order.add("first")),
                waiting.result().thenRun(() -> order.add("second")));

        assertThat(server.engine.queueLength()).isEqualTo(1);
        assertThat(first.join().status()).isEqualTo(200);
        assertThat(first.join().body().at("/usage/completion_tokens").asInt()).isEqualTo(240);
        assertThat(second.join().status()).isEqualTo(200);
        ended.join();
        assertThat(order).containsExactly("first", "second");
    }

    @Test
    void aFullQueueIsA429AndLosesNobody() throws Exception {
        CompletableFuture<Client.Answer> running = server.client.completeAsync(LONG.formatted(""));
        server.takeRunning();
        CompletableFuture<Client.Answer> waiting = server.client.completeAsync(SHORT);
        server.takeAccepted();

        for (String body : List.of(SHORT, LONG.formatted(", \"stream\": true"))) {
            Client.Answer refused = server.client.complete(body);
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.header("retry-after")).isEqualTo("1");
            assertThat(refused.error().get("type").asText()).isEqualTo("rate_limit_error");
            assertThat(refused.error().get("code").asText()).isEqualTo("queue_full");
            assertThat(refused.error().get("message").asText()).contains("busy");
        }
        assertThat(server.client.get("/health").status()).isEqualTo(200);
        server.pauseAfterText(0);
        assertThat(running.join().status()).isEqualTo(200);
        assertThat(waiting.join().status()).isEqualTo(200);
        assertThat(server.client.complete(SHORT).status()).isEqualTo(200);
    }

    @Test
    void hangingUpWithinAStreamStopsTheDecode() throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.complete(LONG.formatted(", \"stream\": true"));
            client.lineStartingWith("data: ");
        }
        CompletionResult result = resultOf(server.takeAccepted());
        assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(result.completionTokens()).isBetween(1, 200);
        assertThat(server.client.complete(SHORT).status()).isEqualTo(200);
    }

    @Test
    void hangingUpOnAPlainRequestStopsTheDecode() throws Exception {
        CompletionHandle running;
        try (RawClient client = new RawClient(server.server)) {
            client.complete(LONG.formatted(""));
            running = server.takeRunning();
        }
        assertThat(resultOf(running).finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(server.client.complete(SHORT).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ", \"stream\": true"})
    void hangingUpInTheQueueFreesThePlace(String stream) throws Exception {
        CompletableFuture<Client.Answer> first = server.client.completeAsync(LONG.formatted(""));
        CompletionHandle running = server.takeRunning();
        CompletionHandle waiting;
        try (RawClient client = new RawClient(server.server)) {
            client.complete(LONG.formatted(stream));
            waiting = server.takeAccepted();
        }
        CompletionResult result = resultOf(waiting);
        assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(result.completionTokens()).isZero();
        assertThat(running.result().isDone())
                .as("it was cancelled in the queue")
                .isFalse();
        assertThat(server.engine.queueLength()).isZero();

        CompletableFuture<Client.Answer> next = server.client.completeAsync(SHORT);
        server.pauseAfterText(0);
        assertThat(first.join().status()).isEqualTo(200);
        assertThat(next.join().status()).isEqualTo(200);
    }

    @Test
    void closingTheEngineAnswersEverybody() throws Exception {
        CompletableFuture<List<String>> streamed = server.client.streamAsync(LONG.formatted(", \"stream\": true"));
        server.takeRunning();
        server.takeText();
        CompletableFuture<Client.Answer> waiting = server.client.completeAsync(SHORT);
        server.takeAccepted();
        server.server.drain();
        server.engine.close();

        assertThat(waiting.join().status()).isEqualTo(503);
        assertThat(waiting.join().error().get("code").asText()).isEqualTo("shutting_down");
        assertThat(Client.json(streamed.join().getLast()).at("/error/code").asText())
                .isEqualTo("shutting_down");
    }

    @Test
    void theGraceLetsTheRunningOneEnd() throws Exception {
        server.pauseAfterText(2);
        CompletableFuture<Client.Answer> running = server.client.completeAsync(LONG.formatted(""));
        server.takeRunning();
        server.server.drain();
        server.engine.close(Client.PATIENCE);
        assertThat(running.join().status()).isEqualTo(200);
        assertThat(running.join().body().at("/usage/completion_tokens").asInt()).isEqualTo(240);
    }
}
