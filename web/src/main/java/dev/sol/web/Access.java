package dev.sol.web;

import dev.sol.runtime.RequestException;
import java.net.URI;
import java.util.List;

/**
 * Who may use the server.
 *
 * @param keys one of them must be sent
 * @param origins of web pages of other hosts that may; {@code *}: all
 * @param hosts further names by which the server is known; {@code *}: all
 */
record Access(ApiKeys keys, List<String> origins, List<String> hosts) {
    static final String ANY = "*";

    /** No key, no page of another host, and no name but those of this machine. */
    static final Access DEFAULT = new Access(ApiKeys.NONE, List.of(), List.of());

    /** @throws RequestException if an origin is none */
    Access {
        origins = List.copyOf(origins);
        hosts = List.copyOf(hosts);
        origins.forEach(Access::checkOrigin);
    }

    private static void checkOrigin(String origin) {
        if (origin.equals(ANY)) {
            return;
        }
        try {
            URI uri = URI.create(origin);
            if (uri.getHost() != null && origin.equals(uri.getScheme() + "://" + uri.getRawAuthority())) {
                return;
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        throw RequestException.invalid(
                "cors-origin", "an origin is like https://example.org or *, not '" + origin + "'");
    }

    boolean allowsOrigin(String origin) {
        return origins.contains(ANY) || origins.contains(origin);
    }
}
