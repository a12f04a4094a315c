package dev.sol.runtime.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A hub on loopback whose files are on "another host": another port, to which it redirects. */
final class FakeHub implements AutoCloseable {
    private final HttpServer hub;
    private final HttpServer files;
    private final Map<String, byte[]> content = new LinkedHashMap<>();
    final Map<String, String> hashes = new LinkedHashMap<>();

    /** {@code path range token} of each request, in order. */
    final List<String> requests = new ArrayList<>();

    /** Breaks the connection off after so many bytes, so many times. */
    volatile int breakAfter = -1;

    final AtomicInteger breaks = new AtomicInteger();
    volatile int status = 200;
    volatile @Nullable String errorCode;
    volatile boolean ignoresRanges;

    FakeHub() throws IOException {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        hub = HttpServer.create(address, 0);
        files = HttpServer.create(address, 0);
        for (HttpServer server : List.of(hub, files)) {
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.start();
        }
        hub.createContext("/api/models/me/repo", this::describe);
        hub.createContext("/me/repo/resolve/abc123/", this::redirect);
        files.createContext("/cdn/", this::send);
    }

    void add(String path, byte[] bytes) throws Exception {
        content.put(path, bytes);
        hashes.put(
                path,
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
    }

    String hash(String path) {
        return hashes.getOrDefault(path, "");
    }

    String url() {
        return "http://127.0.0.1:" + hub.getAddress().getPort();
    }

    private synchronized void log(HttpExchange exchange) {
        requests.add("%s %s %s"
                .formatted(
                        exchange.getRequestURI().getPath(),
                        exchange.getRequestHeaders().getFirst("Range"),
                        exchange.getRequestHeaders().getFirst("Authorization")));
    }

    private void describe(HttpExchange exchange) throws IOException {
        log(exchange);
        if (status != 200) {
            String code = errorCode;
            if (code != null) {
                exchange.getResponseHeaders().add("X-Error-Code", code);
            }
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
            return;
        }
        String siblings = content.entrySet().stream()
                .map(file -> """
                        {"rfilename": "%s", "size": %d, "lfs": {"sha256": "%s"}}""".formatted(file.getKey(), file.getValue().length, hashes.get(file.getKey())))
                .collect(Collectors.joining(","));
        byte[] body =
                "{\"sha\": \"abc123\", \"siblings\": [%s]}".formatted(siblings).getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private void redirect(HttpExchange exchange) throws IOException {
        log(exchange);
        String file = exchange.getRequestURI().getPath().replace("/me/repo/resolve/abc123/", "");
        exchange.getResponseHeaders()
                .add("Location", "http://127.0.0.1:" + files.getAddress().getPort() + "/cdn/" + file);
        exchange.sendResponseHeaders(302, -1);
        exchange.close();
    }

    private void send(HttpExchange exchange) throws IOException {
        log(exchange);
        byte[] bytes = Objects.requireNonNull(
                content.get(exchange.getRequestURI().getPath().replace("/cdn/", "")), "a file that is there");
        String range = exchange.getRequestHeaders().getFirst("Range");
        int from = 0;
        if (range != null && !ignoresRanges) {
            from = Integer.parseInt(range.replaceAll("\\D", ""));
            exchange.getResponseHeaders()
                    .add("Content-Range", "bytes %d-%d/%d".formatted(from, bytes.length - 1, bytes.length));
        }
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, bytes.length - from);
        int length = bytes.length - from;
        if (breakAfter >= 0 && breakAfter < length && breaks.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            exchange.getResponseBody().write(bytes, from, breakAfter);
            exchange.getResponseBody().flush();
            throw new IOException("the connection breaks");
        }
        exchange.getResponseBody().write(bytes, from, length);
        exchange.close();
    }

    @Override
    public void close() {
        hub.stop(0);
        files.stop(0);
    }
}
