package dev.sol.web;

import dev.sol.runtime.openai.ApiError;
import java.time.Duration;
import java.util.Map;

/** A request that the service answers with an error of its own, rather than one of parsing or completing. */
final class HttpFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ApiError error;
    private final transient Map<String, String> headers;

    private HttpFailure(ApiError error, Map<String, String> headers) {
        super(error.message(), null, false, false); // no stack trace: it says nothing that the message does not
        this.error = error;
        this.headers = headers;
    }

    ApiError error() {
        return error;
    }

    /** To be sent with the error. */
    Map<String, String> headers() {
        return headers;
    }

    static HttpFailure notFound(String path) {
        return invalid(404, "there is nothing at " + path, "not_found");
    }

    /** @param allowed the value of the header Allow */
    static HttpFailure methodNotAllowed(String method, String path, String allowed) {
        ApiError error = error(405, "%s answers to %s, not %s".formatted(path, allowed, method), "method_not_allowed");
        return new HttpFailure(error, Map.of("Allow", allowed));
    }

    static HttpFailure bodyTooLarge(long limit) {
        return invalid(413, "the body is larger than %d bytes, the limit".formatted(limit), "body_too_large");
    }

    static HttpFailure bodyTooSlow(Duration patience) {
        return invalid(408, "the body was not complete after %s s".formatted(patience.toMillis() / 1e3), "timeout");
    }

    static HttpFailure unsupportedEncoding(String encoding) {
        return invalid(
                415, "bodies with Content-Encoding %s are not supported".formatted(encoding), "unsupported_encoding");
    }

    /** Bytes that are no HTTP, a URL that cannot be decoded, headers beyond the limits. */
    static HttpFailure malformed() {
        return invalid(400, "the request is not valid HTTP, or its headers are too long", "invalid_http");
    }

    static HttpFailure unknownModel(String wanted, String loaded) {
        ApiError error = new ApiError(
                404,
                "the model '%s' is not loaded; the loaded one is '%s'".formatted(wanted, loaded),
                ApiError.INVALID_REQUEST,
                "model",
                "model_not_found");
        return new HttpFailure(error, Map.of());
    }

    static HttpFailure unauthorized() {
        ApiError error = error(401, "this needs an API key: Authorization: Bearer KEY", "invalid_api_key");
        return new HttpFailure(error, Map.of("WWW-Authenticate", "Bearer"));
    }

    static HttpFailure unknownHost(String host) {
        return invalid(403, "this server is not called " + host + " (--allow-host adds names)", "unknown_host");
    }

    static HttpFailure foreignOrigin(String origin) {
        return invalid(403, "pages of %s may not use this server (--cors-origin)".formatted(origin), "foreign_origin");
    }

    static HttpFailure loading() {
        ApiError error = new ApiError(503, "the model is still being loaded", ApiError.SERVER_ERROR, null, "loading");
        return new HttpFailure(error, Map.of("Retry-After", "1"));
    }

    static HttpFailure shuttingDown() {
        return unavailable("the server is shutting down", "shutting_down");
    }

    /** The decode thread is gone. */
    static HttpFailure dead() {
        return unavailable("the server can no longer decode", "dead");
    }

    private static HttpFailure unavailable(String message, String code) {
        return new HttpFailure(new ApiError(503, message, ApiError.SERVER_ERROR, null, code), Map.of());
    }

    private static HttpFailure invalid(int status, String message, String code) {
        return new HttpFailure(error(status, message, code), Map.of());
    }

    private static ApiError error(int status, String message, String code) {
        return new ApiError(status, message, ApiError.INVALID_REQUEST, null, code);
    }
}
