package dev.sol.web;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A client that does what no HTTP library would: garbage, silence, hanging up. */
final class RawClient implements AutoCloseable {
    private final Socket socket = new Socket();
    private final BufferedReader in;

    RawClient(SolServer server) throws IOException {
        this(server.port());
    }

    RawClient(int port) throws IOException {
        socket.setReceiveBufferSize(4096); // so that a reader that stalls is noticed soon
        socket.setSoTimeout((int) Client.PATIENCE.toMillis());
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    void send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
    }

    void complete(String body) throws IOException {
        post("/v1/completions", body);
    }

    void post(String path, String body) throws IOException {
        send("""
                POST %s HTTP/1.1\r
                Host: localhost\r
                Content-Length: %d\r
                \r
                """.formatted(path, body.getBytes(StandardCharsets.UTF_8).length));
        send(body);
    }

    /** The next line; null at the end. */
    @Nullable String line() throws IOException {
        return in.readLine();
    }

    /** Reads up to a line that starts so. */
    String lineStartingWith(String prefix) throws IOException {
        for (String line = line(); line != null; line = line()) {
            if (line.startsWith(prefix)) {
                return line;
            }
        }
        throw new AssertionError("no line starts with " + prefix);
    }

    /** The body of a response that says its length; ASCII. */
    String body() throws IOException {
        String header = lineStartingWith("content-length: ");
        lineStartingWith("");
        char[] body = new char[Integer.parseInt(header.substring("content-length: ".length()))];
        for (int n = 0; n < body.length; ) {
            int read = in.read(body, n, body.length - n);
            if (read < 0) {
                throw new AssertionError("the body ends after " + n);
            }
            n += read;
        }
        return new String(body);
    }

    /** All that is left to read. */
    String rest() throws IOException {
        StringBuilder rest = new StringBuilder();
        char[] buffer = new char[8192];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            rest.append(buffer, 0, n);
        }
        return rest.toString();
    }

    void hangUp() throws IOException {
        socket.close();
    }

    /** Sends no more, but goes on reading. */
    void closeSending() throws IOException {
        socket.shutdownOutput();
    }

    /** Hangs up with a reset rather than a FIN. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
