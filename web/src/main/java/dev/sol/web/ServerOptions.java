package dev.sol.web;

import dev.sol.runtime.RequestException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the service listens and what it allows.
 *
 * @param host name or address to listen on
 * @param port 0 = any that is free
 * @param maxBodyBytes the largest request body
 * @param maxPendingBytes the most that a stream keeps for a client that reads slowly, about; one that falls behind further is cut
 *     off
 * @param bodyPatience a request body must be complete after this time
 * @param access who may use it
 * @param tls null: plain HTTP
 */
record ServerOptions(
        String host,
        int port,
        long maxBodyBytes,
        long maxPendingBytes,
        Duration bodyPatience,
        Access access,
        @Nullable Tls tls) {
    static final String DEFAULT_HOST = "127.0.0.1";
    static final int DEFAULT_PORT = 8080;

    /** Room for a prompt of some hundred thousand tokens. */
    static final long DEFAULT_MAX_BODY = 4L << 20;

    static final long DEFAULT_MAX_PENDING = 1L << 20;

    static final ServerOptions DEFAULT = new ServerOptions(
            DEFAULT_HOST,
            DEFAULT_PORT,
            DEFAULT_MAX_BODY,
            DEFAULT_MAX_PENDING,
            Duration.ofSeconds(30),
            Access.DEFAULT,
            null);

    /** @throws RequestException if a value is out of range */
    ServerOptions {
        if (port < 0 || port > 65_535) {
            throw RequestException.invalid("port", "port must be from 0 (any that is free) to 65535, not " + port);
        }
        if (maxBodyBytes < 1) {
            throw RequestException.invalid("max-body", "max-body must be at least 1, not " + maxBodyBytes);
        }
    }

    ServerOptions withHost(String value) {
        return new ServerOptions(value, port, maxBodyBytes, maxPendingBytes, bodyPatience, access, tls);
    }

    ServerOptions withPort(int value) {
        return new ServerOptions(host, value, maxBodyBytes, maxPendingBytes, bodyPatience, access, tls);
    }

    ServerOptions withMaxBodyBytes(long value) {
        return new ServerOptions(host, port, value, maxPendingBytes, bodyPatience, access, tls);
    }

    ServerOptions withMaxPendingBytes(long value) {
        return new ServerOptions(host, port, maxBodyBytes, value, bodyPatience, access, tls);
    }

    ServerOptions withBodyPatience(Duration value) {
        return new ServerOptions(host, port, maxBodyBytes, maxPendingBytes, value, access, tls);
    }

    ServerOptions withAccess(Access value) {
        return new ServerOptions(host, port, maxBodyBytes, maxPendingBytes, bodyPatience, value, tls);
    }

    ServerOptions withTls(@Nullable Tls value) {
        return new ServerOptions(host, port, maxBodyBytes, maxPendingBytes, bodyPatience, access, value);
    }
}
