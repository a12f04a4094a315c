package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HTTPS from end to end, with a certificate that {@code keytool} has made. */
class TlsTest {
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    static Path folder;

    private static KeyStore store;
    private static Tls tls;

    @BeforeAll
    static void makeCertificate() throws Exception {
        Path file = folder.resolve("store.p12");
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair -alias sol -keyalg EC -dname CN=localhost -ext san=dns:localhost,ip:127.0.0.1 -storetype PKCS12",
                "-storepass " + new String(PASSWORD),
                "-keystore " + file);
        Process keytool = new ProcessBuilder(List.of(String.join(" ", command).split(" ")))
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
        store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        tls = new Tls(
                pem(
                        "certificate.pem",
                        "CERTIFICATE",
                        store.getCertificate("sol").getEncoded()),
                pem("key.pem", "PRIVATE KEY", store.getKey("sol", PASSWORD).getEncoded()));
    }

    private static Path pem(String name, String kind, byte[] content) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return Files.writeString(
                folder.resolve(name), "-----BEGIN " + kind + "-----\n" + base64 + "\n-----END " + kind + "-----\n");
    }

    private static HttpClient client() throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("sol", store.getCertificate("sol"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return HttpClient.newBuilder().sslContext(context).build();
    }

    @Test
    void answersAndStreams() throws Exception {
        try (FakeServer server = FakeServer.start(FakeServer.OPTIONS.withTls(tls));
                HttpClient client = client()) {
            assertThat(server.server.uri().getScheme()).isEqualTo("https");
            HttpRequest health = HttpRequest.newBuilder(server.server.uri().resolve("/health"))
                    .build();
            assertThat(client.send(health, BodyHandlers.ofString()).body()).isEqualTo("{\"status\":\"ok\"}");

            HttpRequest stream = HttpRequest.newBuilder(server.server.uri().resolve("/v1/completions"))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"x\", \"stream\": true}"))
                    .build();
            var answer = client.sendAsync(stream, BodyHandlers.ofString());
            FakeCompleter.Submission submission = server.completer.take();
            submission.text("so");
            submission.finish("so");
            assertThat(EventStream.text(
                            EventStream.chunks(EventStream.data(answer.join().body()))))
                    .isEqualTo("so");
        }
    }

    @Test
    void aClientThatGoesCancels() throws Exception {
        try (FakeServer server = FakeServer.start(FakeServer.OPTIONS.withTls(tls))) {
            HttpClient client = client();
            HttpRequest request = HttpRequest.newBuilder(server.server.uri().resolve("/v1/completions"))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"x\"}"))
                    .build();
            var _ = client.sendAsync(request, BodyHandlers.ofString());
            FakeCompleter.Submission submission = server.completer.take();
            client.shutdownNow();
            assertThat(submission.awaitCancelled()).isTrue();
            submission.finishCancelled();
        }
    }

    @Test
    void whoDoesNotTrustTheCertificateIsNotServed() {
        try (FakeServer server = FakeServer.start(FakeServer.OPTIONS.withTls(tls));
                HttpClient stranger = HttpClient.newHttpClient()) {
            HttpRequest health = HttpRequest.newBuilder(server.server.uri().resolve("/health"))
                    .build();
            assertThatThrownBy(() -> stranger.send(health, BodyHandlers.ofString()))
                    .isInstanceOf(SSLHandshakeException.class);
        }
    }

    @Test
    void plainHttpIsNotAnswered() throws Exception {
        try (FakeServer server = FakeServer.start(FakeServer.OPTIONS.withTls(tls));
                RawClient client = new RawClient(server.server)) {
            client.send("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(client.rest()).doesNotContain("HTTP/1.1 200");
        }
    }
}
