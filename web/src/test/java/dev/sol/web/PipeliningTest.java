package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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
}
