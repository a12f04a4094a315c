package dev.sol.web;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;

/** Asks for an API key: {@code Authorization: Bearer KEY}, or {@code X-Api-Key}. Not where probes and preflights go, as llama-server. */
record KeyCheck(ApiKeys keys) implements Handler<RoutingContext> {
    private static final Set<String> OPEN = Set.of("/health");
    private static final String BEARER = "Bearer ";

    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (!keys.areWanted()
                || OPEN.contains(request.path())
                || request.method().equals(HttpMethod.OPTIONS)
                || keys.has(key(request))) {
            context.next();
        } else {
            context.fail(HttpFailure.unauthorized());
        }
    }

    private static String key(HttpServerRequest request) {
        String authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
        if (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return authorization.substring(BEARER.length()).strip();
        }
        String key = request.getHeader("X-Api-Key");
        return key == null ? "" : key;
    }
}
