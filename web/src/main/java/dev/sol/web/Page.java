package dev.sol.web;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The page at {@code GET /}, and what it consists of under {@code /page/}. Its files are named here and kept in memory, so that no
 * path of a request reaches a file. No API key is needed for them: the page asks for the key.
 */
final class Page implements Handler<RoutingContext> {
    /** Resources in the folder {@code page} beside this class. */
    static final List<String> FILES = List.of(
            "index.html",
            "icon.svg",
            "base.css",
            "layout.css",
            "controls.css",
            "answer.css",
            "theme.js",
            "app.js",
            "alignment.js",
            "announcer.js",
            "answer.js",
            "api.js",
            "budget.js",
            "card.js",
            "chat.js",
            "compare.js",
            "completion.js",
            "connection.js",
            "errors.js",
            "figures.js",
            "follow.js",
            "scale.js",
            "settings.js",
            "sse.js",
            "tabs.js",
            "tokens.js");

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml");

    /** Nothing but our own files, nothing inline, no page around ours, and no text of a model as markup. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            + "require-trusted-types-for 'script'; trusted-types 'none'";

    private static final Map<String, File> BY_PATH =
            FILES.stream().collect(Collectors.toUnmodifiableMap(Page::path, Page::read));

    private record File(String type, String tag, Buffer content) {}

    private Page() {}

    /** Adds the routes. */
    static void mount(Router router) {
        Page page = new Page();
        for (String path : BY_PATH.keySet()) {
            router.route(path).handler(context -> MetricsHandler.found(context, "/"));
            router.route(path).handler(page);
        }
    }

    private static String path(String name) {
        return name.equals("index.html") ? "/" : "/page/" + name;
    }

    private static File read(String name) {
        try (InputStream in = Page.class.getResourceAsStream("page/" + name)) {
            if (in == null) {
                throw new IllegalStateException("the page lacks its file " + name);
            }
            byte[] bytes = in.readAllBytes();
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes);
            String tag = '"' + HexFormat.of().formatHex(hash, 0, 16) + '"';
            String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
            if (type == null) {
                throw new IllegalStateException("no type for " + name);
            }
            return new File(type, tag, Buffer.buffer(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        File file = BY_PATH.get(request.path());
        if (file == null) { // a path that is only nearly one of ours, with a slash more
            context.next();
            return;
        }
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            context.fail(HttpFailure.methodNotAllowed(request.method().name(), request.path(), "GET, HEAD"));
            return;
        }
        HttpServerResponse response = context.response();
        // To be asked for each time, so that a new server's page is not mixed with an old one's; mostly the answer is
        // 304.
        response.putHeader(HttpHeaders.CACHE_CONTROL, "no-cache")
                .putHeader(HttpHeaders.ETAG, file.tag)
                .putHeader("Content-Security-Policy", POLICY)
                .putHeader("Cross-Origin-Opener-Policy", "same-origin")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("X-Content-Type-Options", "nosniff");
        if (has(request.getHeader(HttpHeaders.IF_NONE_MATCH), file.tag)) {
            response.setStatusCode(304).end();
            return;
        }
        // The length is stated for HEAD, too.
        response.putHeader(HttpHeaders.CONTENT_TYPE, file.type)
                .putHeader(HttpHeaders.CONTENT_LENGTH, String.valueOf(file.content.length()))
                .end(file.content);
    }

    /** Whether {@code If-None-Match} names the tag; a proxy may have made it a weak one. */
    private static boolean has(@Nullable String header, String tag) {
        if (header == null) {
            return false;
        }
        for (String one : header.split(",", -1)) {
            String name = one.strip();
            if (name.equals("*") || name.equals(tag) || name.equals("W/" + tag)) {
                return true;
            }
        }
        return false;
    }
}
