package dev.sol.web;

import dev.sol.runtime.PolicyRegistry;
import dev.sol.runtime.openai.CompletionParser;
import java.time.Instant;

/** A server with a {@link FakeCompleter} on a free port. */
final class FakeServer implements AutoCloseable {
    static final ServerOptions OPTIONS = ServerOptions.DEFAULT.withPort(0);

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
        server.serve(new ServedModel(
                "fake",
                Instant.ofEpochSecond(1_700_000_000),
                new CompletionParser("fake", PolicyRegistry.BUILT_IN),
                completer));
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
