package dev.sol.web;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/** What answers to which path. Every failure is an error in OpenAI's shape. */
final class Routes {
    private final Router router;

    private Routes(Router router) {
        this.router = router;
    }

    static Router create(Vertx vertx, ServerOptions options, Readiness readiness) {
        Router router = Router.router(vertx);
        router.route().failureHandler(Routes::fail);
        // For what fails before a route is found: URLs that cannot be decoded.
        router.errorHandler(400, context -> Responses.error(context.response(), HttpFailure.malformed()));
        Routes routes = new Routes(router);
        CompletionsHandler completions = new CompletionsHandler(readiness, options.maxPendingBytes());
        routes.post(
                "/v1/completions", new BodyReader(options.maxBodyBytes(), options.bodyPatience(), completions::handle));
        routes.get("/v1/models", new ModelsHandler(readiness));
        routes.get("/health", new HealthHandler(readiness));
        router.route()
                .handler(context ->
                        context.fail(HttpFailure.notFound(context.request().path())));
        return router;
    }

    private void get(String path, Handler<RoutingContext> handler) {
        router.get(path).handler(handler);
        router.head(path).handler(handler);
        refuseOthers(path, "GET, HEAD");
    }

    private void post(String path, Handler<RoutingContext> handler) {
        router.post(path).handler(handler);
        refuseOthers(path, "POST");
    }

    private void refuseOthers(String path, String allowed) {
        router.route(path)
                .handler(context -> context.fail(
                        HttpFailure.methodNotAllowed(context.request().method().name(), path, allowed)));
    }

    private static void fail(RoutingContext context) {
        Throwable failure = context.failure();
        Responses.error(
                context.response(),
                failure == null ? new IllegalStateException("status " + context.statusCode()) : failure);
    }
}
