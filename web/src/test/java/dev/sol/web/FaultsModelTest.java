package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.engine.CompletionHandle;
import dev.sol.runtime.engine.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What clients and operators do to a server that has a model. */
@Tag("model")
class FaultsModelTest {
    private static final String LONG =
            "{\"prompt\": \"Once upon a time\", \"max_tokens\": 200, \"temperature\": 0, \"ignore_eos\": true%s}";
    private static final String SHORT = "{\"prompt\": \"Once\", \"max_tokens\": 2, \"temperature\": 0}";

    private ModelServer server;

    @BeforeEach
    void start() {
        server = ModelServer.start(64);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void disconnectsAtRandomMomentsLeaveNothingBehind() throws Exception {
        SplittableRandom random = new SplittableRandom(7);
        String expected = server.client.complete(SHORT).text();
        server.takeAccepted();
        List<CompletionHandle> handles = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            try (RawClient client = new RawClient(server.server)) {
                client.complete(LONG.formatted(random.nextBoolean() ? "" : ", \"stream\": true"));
                handles.add(server.takeAccepted());
                TimeUnit.MILLISECONDS.sleep(random.nextInt(30));
                if (random.nextBoolean()) {
                    client.reset();
                }
            }
        }
        for (CompletionHandle handle : handles) {
            assertThat(handle.result()
                            .get(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                            .finishReason())
                    .isIn(FinishReason.CANCELLED, FinishReason.LENGTH);
        }
        assertThat(handles)
                .as("some were cut off")
                .anyMatch(handle -> handle.result().join().finishReason() == FinishReason.CANCELLED);
        assertThat(server.engine.queueLength()).isZero();
        assertThat(server.client.complete(SHORT).text()).isEqualTo(expected);
    }

    @Test
    void aClientThatSendsHalfARequestAndNothingMoreHoldsNobodyUp() throws Exception {
        try (RawClient half = new RawClient(server.server);
                RawClient mute = new RawClient(server.server)) {
            half.send("POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{\"prompt\"");
            mute.send("POST /v1/com");
            assertThat(server.client.complete(SHORT).status()).isEqualTo(200);
        }
    }

    @Test
    void aClientThatOnlyClosesItsSendingSideCountsAsGone() throws Exception {
        server.pauseAfterText(10);
        try (RawClient client = new RawClient(server.server)) {
            client.complete(LONG.formatted(", \"stream\": true"));
            client.lineStartingWith("data: ");
            client.closeSending();
            assertThat(server.takeAccepted()
                            .result()
                            .get(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                            .finishReason())
                    .isEqualTo(FinishReason.CANCELLED);
        }
    }

    @Test
    void closingTheServerWithinStreamsEndsThem() throws Exception {
        server.pauseAfterText(10);
        try (RawClient client = new RawClient(server.server)) {
            client.complete(LONG.formatted(", \"stream\": true"));
            client.lineStartingWith("data: ");
            CompletionHandle running = server.takeAccepted();
            server.server.close();
            assertThat(client.rest()).as("cut off").doesNotContain("[DONE]");
            assertThat(running.result()
                            .get(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                            .finishReason())
                    .isEqualTo(FinishReason.CANCELLED);
        }
    }

    @Test
    void unloadingTheModelWithinStreamsTellsThem() throws Exception {
        server.pauseAfterText(10);
        List<CompletableFuture<List<String>>> streams = new ArrayList<>();
        for (int i = 0; i < 6; i++) { // four run, two wait
            streams.add(server.client.streamAsync(LONG.formatted(", \"stream\": true")));
            server.takeAccepted();
        }
        server.takeText();
        server.server.drain();
        server.engine.close();
        int streamed = 0;
        for (CompletableFuture<List<String>> stream : streams) {
            try {
                assertThat(stream.join().getLast()).contains("shutting_down");
                streamed++;
            } catch (java.util.concurrent.CompletionException e) {
                assertThat(e).hasMessageContaining("shutting_down"); // as a 503, before its first text
            }
        }
        assertThat(streamed).isPositive();
        assertThat(server.client.complete(SHORT).status()).isEqualTo(503);
    }

    @Test
    void hugeBodiesAreRefusedAndTheServerLivesOn() {
        String huge = "{\"prompt\": \"" + "x".repeat(200_000) + "\"}";
        assertThat(server.client.complete(huge).status()).isEqualTo(413);
        String deep = "{\"prompt\": " + "[".repeat(40_000) + "]".repeat(40_000) + "}";
        assertThat(server.client.complete(deep).status()).isEqualTo(400);
        assertThat(server.client.complete(SHORT).status()).isEqualTo(200);
    }
}
