package dev.sol.web;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps web pages of other hosts out, unless they are allowed. A page can send requests to any address; browsers then say where it
 * comes from, in Origin. A page whose name its owner makes point at this machine (DNS rebinding) is of the same origin to the
 * browser, but then Host has that name; so a server on loopback answers to names of the loopback alone.
 */
final class OriginCheck implements Handler<RoutingContext> {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "::1");

    private final Access access;
    private final String listening;
    private final boolean loopback;

    /** @param listening the name or address that the server listens on */
    OriginCheck(Access access, String listening) {
        this.access = access;
        this.listening = listening.toLowerCase(Locale.ROOT);
        this.loopback = isLoopback(this.listening);
    }

    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        HostAndPort authority = request.authority();
        if (loopback && (authority == null || !isOurs(name(authority)))) {
            context.fail(HttpFailure.unknownHost(String.valueOf(authority)));
            return;
        }
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        if (origin == null || access.allowsOrigin(origin) || isSame(origin, authority)) {
            context.next();
        } else {
            context.fail(HttpFailure.foreignOrigin(origin));
        }
    }

    private boolean isOurs(String name) {
        return isLoopback(name)
                || name.equals(listening)
                || access.hosts().contains(Access.ANY)
                || access.hosts().contains(name);
    }

    private static boolean isLoopback(String name) {
        return LOOPBACK.contains(name) || name.endsWith(".localhost") || name.matches("127(\\.\\d{1,3}){3}");
    }

    /** In lower case, without the brackets of IPv6. */
    private static String name(HostAndPort authority) {
        String host = authority.host().toLowerCase(Locale.ROOT);
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    /** Whether the page is our own. Its scheme may be another one, when something in front of us does TLS. */
    private static boolean isSame(String origin, @Nullable HostAndPort authority) {
        int at = origin.indexOf("://");
        return authority != null && at > 0 && origin.substring(at + 3).equalsIgnoreCase(authority.toString());
    }
}
