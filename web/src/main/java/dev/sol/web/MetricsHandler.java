package dev.sol.web;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;

/** {@code GET /metrics}, and what counts requests for it. */
record MetricsHandler(ServerMetrics metrics) implements Handler<RoutingContext> {
    private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String ROUTE = "route";
    private static final int CLIENT_GONE = 499; // as nginx

    // Anything else is no method that we know, and must not make a time series of its own.
    private static final Set<HttpMethod> METHODS = Set.of(
            HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST, HttpMethod.OPTIONS, HttpMethod.PUT, HttpMethod.DELETE);

    @Override
    public void handle(RoutingContext context) {
        HttpServerResponse response = context.response();
        response.putHeader(HttpHeaders.CONTENT_TYPE, TEXT).end(metrics.text());
    }

    /** For every request, first of all. */
    void count(RoutingContext context) {
        long start = System.nanoTime();
        context.put(ROUTE, "other");
        context.addEndHandler(end -> {
            HttpMethod method = context.request().method();
            metrics.answered(
                    context.get(ROUTE),
                    METHODS.contains(method) ? method.name() : "other",
                    end.succeeded() ? context.response().getStatusCode() : CLIENT_GONE,
                    System.nanoTime() - start);
        });
        context.next();
    }

    /** Says which route has been found. */
    static void found(RoutingContext context, String route) {
        context.put(ROUTE, route);
        context.next();
    }
}
