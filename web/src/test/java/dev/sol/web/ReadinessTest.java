package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReadinessTest {
    private static final String BODY = "{\"prompt\": \"x\"}";

    private static void assertUnavailable(FakeServer server, String code) {
        for (Client.Answer answer : new Client.Answer[] {
            server.client.get("/health"), server.client.get("/v1/models"), server.client.complete(BODY)
        }) {
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.error().get("type").asText()).isEqualTo("server_error");
            assertThat(answer.error().get("code").asText()).isEqualTo(code);
        }
        assertThat(server.completer.isIdle()).isTrue();
    }

    @Test
    void whileTheModelIsLoaded() {
        try (FakeServer server = FakeServer.loading(FakeServer.OPTIONS)) {
            assertUnavailable(server, "loading");
            assertThat(server.client.get("/health").header("retry-after")).isEqualTo("1");
            server.ready();
            assertThat(server.client.get("/health").status()).isEqualTo(200);
        }
    }

    @Test
    void whileDraining() throws Exception {
        try (FakeServer server = FakeServer.start()) {
            var accepted = server.client.completeAsync(BODY);
            FakeCompleter.Submission submission = server.completer.take();
            server.server.drain();
            assertUnavailable(server, "shutting_down");
            submission.finish("accepted before");
            assertThat(accepted.join().text()).isEqualTo("accepted before");
        }
    }

    @Test
    void whenTheDecodeThreadIsGone() {
        try (FakeServer server = FakeServer.start()) {
            server.completer.die();
            assertUnavailable(server, "dead");
        }
    }
}
