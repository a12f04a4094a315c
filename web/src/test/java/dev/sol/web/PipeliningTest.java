package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that a client sends before it has the answers to those before. */
class PipeliningTest {
    private static final String PLAIN = "{\"prompt\": \"x\"}";

    private FakeServer server;

    @BeforeEach
    void start() {
        server = FakeServer.start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void areAnsweredInOrder() throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.complete(PLAIN);
            client.complete(PLAIN);
            server.completer.take().finish("first");
            assertThat(client.body()).contains("first");
            server.completer.take().finish("second");
            assertThat(client.body()).contains("second");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 20})
    void areCancelledWhenTheClientGoes(int more) throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.complete(PLAIN);
            FakeCompleter.Submission first = server.completer.take();
            for (int i = 0; i < more; i++) {
                client.complete(PLAIN);
            }
            client.hangUp();
            assertThat(first.awaitCancelled()).isTrue();
            first.finishCancelled();
        }
        assertThat(server.completer.isIdle()).isTrue();
    }

    @Test
    void manyAreAnsweredInOrder() throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            for (int i = 0; i < 40; i++) {
                client.complete(PLAIN);
            }
            for (int i = 0; i < 40; i++) {
                server.completer.take().finish("answer " + i + ".");
                assertThat(client.body()).contains("answer " + i + ".");
            }
        }
    }

    @Test
    void aClientThatSendsWithoutEndIsCutOff() throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.complete(PLAIN);
            FakeCompleter.Submission first = server.completer.take();
            String request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1000);
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 10_000; i++) {
                            client.send(request);
                        }
                    })
                    .isInstanceOf(IOException.class);
            assertThat(first.awaitCancelled()).isTrue();
        }
    }

    @Test
    void aLongBodyBehindARequestDoesNotHideThatTheClientGoes() throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.complete(PLAIN);
            FakeCompleter.Submission first = server.completer.take();
            client.complete("{\"prompt\": \"" + "x".repeat(200 << 10) + "\"}");
            client.hangUp();
            assertThat(first.awaitCancelled()).isTrue();
            first.finishCancelled();
        }
        assertThat(server.completer.isIdle()).isTrue();
    }
}
