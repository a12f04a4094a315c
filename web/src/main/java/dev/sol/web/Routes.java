package dev.sol.web;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.CorsHandler;
import java.util.function.BiConsumer;

/** What answers to which path. Every failure is an error in OpenAI's shape. */
final class Routes {
    private final Router router;
    private final ServerOptions options;

    private Routes(Router router, ServerOptions options) {
        this.router = router;
        this.options = options;
    }

    static Router create(Vertx vertx, Services services) {
        ServerOptions options = services.options();
        Router router = Router.router(vertx);
        router.route().failureHandler(Routes::fail);
        // For what fails before a route is found: URLs that cannot be decoded.
        router.errorHandler(400, context -> Responses.error(context.response(), HttpFailure.malformed()));
        Routes routes = new Routes(router, options);
        routes.guard(new MetricsHandler(services.metrics()));
        routes.api(vertx, services);
        router.route()
                .handler(context ->
                        context.fail(HttpFailure.notFound(context.request().path())));
        return router;
    }

    /** What comes before all routes. */
    private void guard(MetricsHandler metrics) {
        Access access = options.access();
        router.route().handler(metrics::count);
        router.route().handler(new OriginCheck(access, options.host()));
        if (!access.origins().isEmpty()) {
            router.route().handler(cors(access));
        }
        Page.mount(router); // asks for the key itself
        router.route().handler(new KeyCheck(access.keys()));
    }

    /** Whom {@link OriginCheck} has let pass: tells the browser so. */
    private static CorsHandler cors(Access access) {
        CorsHandler cors = CorsHandler.create()
                .allowedMethod(HttpMethod.GET)
                .allowedMethod(HttpMethod.POST)
                .allowedHeader("Authorization")
                .allowedHeader("Content-Type")
                .allowedHeader("X-Api-Key");
        access.origins().forEach(origin -> cors.addOrigin(origin));
        return cors;
    }

    private void api(Vertx vertx, Services services) {
        Readiness readiness = services.readiness();
        ModelsHandler models = new ModelsHandler(readiness);
        ChatHandler chat = new ChatHandler(services);
        TokensHandler tokens = new TokensHandler(services);
        EmbeddingsHandler embeddings =
                new EmbeddingsHandler(services, vertx.createSharedWorkerExecutor("sol-embed", 1));
        post("/v1/chat/completions", chat::complete);
        post("/v1/completions", new CompletionsHandler(services)::handle);
        post("/v1/embeddings", embeddings::handle);
        get("/v1/models", models);
        get("/v1/models/:model", models::one);
        post("/tokenize", tokens::tokenize);
        post("/detokenize", tokens::detokenize);
        post("/apply-template", chat::apply);
        get("/props", new PropsHandler(readiness));
        get("/metrics", new MetricsHandler(services.metrics()));
        get("/health", new HealthHandler(readiness));
    }

    private void get(String path, Handler<RoutingContext> handler) {
        router.route(path).handler(context -> MetricsHandler.found(context, path));
        router.get(path).handler(handler);
        router.head(path).handler(handler);
        refuseOthers(path, "GET, HEAD");
    }

    private void post(String path, BiConsumer<RoutingContext, Buffer> handler) {
        router.route(path).handler(context -> MetricsHandler.found(context, path));
        router.post(path).handler(new BodyReader(options.maxBodyBytes(), options.bodyPatience(), handler));
        refuseOthers(path, "POST");
    }

    private void refuseOthers(String path, String allowed) {
        router.route(path)
                .handler(context -> context.fail(HttpFailure.methodNotAllowed(
                        context.request().method().name(), context.request().path(), allowed)));
    }

    private static void fail(RoutingContext context) {
        Throwable failure = context.failure();
        Responses.error(
                context.response(),
                failure == null ? new IllegalStateException("status " + context.statusCode()) : failure);
    }
}
