package dev.sol.runtime.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server on the loopback, as a process, which is ended with this. */
final class ServerProcess implements AutoCloseable {
    /** A model may have to be read from a slow disk. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final int LINES = 15;
    private static final int HTTP_OK = 200;

    private final Process process;
    private final Path log;
    private final URI uri;

    private ServerProcess(Process process, Path log, URI uri) {
        this.process = process;
        this.log = log;
        this.uri = uri;
    }

    /**
     * Starts one, and waits until it is healthy.
     *
     * @param command without its port, which is added
     * @throws BenchException if it ends, or is not healthy for ten minutes
     */
    static ServerProcess start(List<String> command) throws InterruptedException {
        try {
            int port = freePort();
            List<String> all = new ArrayList<>(command);
            all.add("--port");
            all.add(String.valueOf(port));
            Path log = Files.createTempFile("sol-bench-server", ".log");
            Process process = new ProcessBuilder(all)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            ServerProcess server = new ServerProcess(process, log, URI.create("http://127.0.0.1:" + port));
            server.awaitHealth();
            return server;
        } catch (IOException e) {
            throw new BenchException("%s cannot be started: %s".formatted(command.getFirst(), e.getMessage()), e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void awaitHealth() throws InterruptedException, IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        try (HttpClient http = HttpClient.newHttpClient()) {
            while (!isHealthy(http)) {
                if (!process.isAlive() || System.nanoTime() - end > 0) {
                    BenchException failure = new BenchException("a server did not start; it said:\n" + lastLines());
                    close();
                    throw failure;
                }
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
    }

    private boolean isHealthy(HttpClient http) throws InterruptedException {
        try {
            HttpRequest request = HttpRequest.newBuilder(uri.resolve("/health")).build();
            return http.send(request, BodyHandlers.discarding()).statusCode() == HTTP_OK;
        } catch (IOException e) {
            return false; // it does not listen yet
        }
    }

    private String lastLines() throws IOException {
        List<String> lines = Files.readAllLines(log);
        return String.join("\n", lines.subList(Math.max(lines.size() - LINES, 0), lines.size()));
    }

    URI uri() {
        return uri;
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            Files.deleteIfExists(log);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            log.toFile().deleteOnExit();
        }
    }
}
