package dev.sol.web;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server. Answers 503 until {@link #serve} and after {@link #drain}; does not own the engine. To stop without losing an
 * answer: {@link #drain}, close the engine, {@link #close}. For any thread but its own event loops.
 */
final class SolServer implements AutoCloseable {
    /** The machine's processors are for decoding. */
    private static final int EVENT_LOOPS = 2;

    /** For templates and long texts. */
    private static final int WORKERS = 2;

    /** For what remains to be sent when the server closes. */
    private static final Duration FLUSH = Duration.ofSeconds(2);

    private static final Logger log = LoggerFactory.getLogger(SolServer.class);

    private final Vertx vertx;
    private final HttpServer server;
    private final ServerOptions options;
    private final Readiness readiness;

    private SolServer(Vertx vertx, HttpServer server, ServerOptions options, Readiness readiness) {
        this.vertx = vertx;
        this.server = server;
        this.options = options;
        this.readiness = readiness;
    }

    /**
     * Starts to listen.
     *
     * @throws ListenException if it cannot, such as when the port is in use
     */
    static SolServer listen(ServerOptions options) {
        Vertx vertx = vertx();
        Readiness readiness = new Readiness();
        ServerMetrics metrics = new ServerMetrics(readiness);
        try {
            HttpServer server = vertx.createHttpServer(http(options))
                    .requestHandler(Routes.create(vertx, new Services(options, readiness, metrics)))
                    .invalidRequestHandler(SolServer::refuse)
                    .exceptionHandler(failure -> log.debug("a connection failed", failure));
            server.listen(options.port(), options.host()).await();
            return new SolServer(vertx, server, options, readiness);
        } catch (Throwable e) {
            vertx.close().await();
            throw ListenException.of(options, e);
        }
    }

    private static Vertx vertx() {
        VertxOptions options = new VertxOptions()
                .setEventLoopPoolSize(EVENT_LOOPS)
                .setWorkerPoolSize(WORKERS)
                .setInternalBlockingPoolSize(1)
                // No files are served, so no cache of them in the temporary folder.
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false));
        return Vertx.builder()
                .with(options)
                .withTransport(WatchedTransport.create())
                .build();
    }

    private static HttpServerOptions http(ServerOptions options) {
        HttpServerOptions http = new HttpServerOptions()
                .setHttp2ClearTextEnabled(false)
                .setUseAlpn(false) // one protocol, whose flow and ends are tested
                .setTcpKeepAlive(true); // half-open connections end some day
        Tls tls = options.tls();
        if (tls != null) {
            tls.apply(http);
        }
        return http;
    }

    private static void refuse(HttpServerRequest request) {
        Responses.error(request.response(), HttpFailure.malformed());
        request.connection().close();
    }

    int port() {
        return server.actualPort();
    }

    /** For example {@code http://127.0.0.1:8080}. */
    URI uri() {
        try {
            return new URI(
                    options.tls() == null ? "http" : "https",
                    null,
                    options.host(),
                    port(),
                    null,
                    null,
                    null); // adds the brackets of IPv6
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e); // the host was good enough to listen on
        }
    }

    /** Begins to accept completions. */
    void serve(ServedModel model) {
        readiness.ready(model);
    }

    /** Accepts no more completions. Those that were accepted are answered. */
    void drain() {
        readiness.stopping();
    }

    /** Stops listening and closes all connections, those with an answer under way within two seconds. */
    @Override
    public void close() {
        drain();
        try {
            server.shutdown(FLUSH).await();
        } finally {
            vertx.close().await();
        }
    }
}
