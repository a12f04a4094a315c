package dev.sol.web;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sol.runtime.engine.PolicyRegistry;
import dev.sol.runtime.openai.RequestLimits;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** A server with a {@link FakeCompleter} on a free port. */
final class FakeServer implements AutoCloseable {
    static final ServerOptions OPTIONS = ServerOptions.DEFAULT.withPort(0);

    static final RequestLimits LIMITS = new RequestLimits(4096, 4, Optional.of(Duration.ofSeconds(90)));

    final FakeCompleter completer = new FakeCompleter();
    final SolServer server;
    final Client client;

    private FakeServer(ServerOptions options) {
        this.server = SolServer.listen(options);
        this.client = new Client(server.uri());
    }

    static FakeServer start() {
        return start(OPTIONS);
    }

    static FakeServer start(ServerOptions options) {
        FakeServer started = loading(options);
        started.ready();
        return started;
    }

    /** One that has no model yet. */
    static FakeServer loading(ServerOptions options) {
        return new FakeServer(options);
    }

    void ready() {
        server.serve(ServedModel.of(
                "fake",
                Instant.ofEpochSecond(1_700_000_000),
                completer,
                new FakeTexts(),
                new FakeChat(),
                tokens -> new float[] {tokens.length, -0.5f},
                PolicyRegistry.BUILT_IN,
                LIMITS,
                JsonNodeFactory.instance.objectNode().put("total_slots", 4)));
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
