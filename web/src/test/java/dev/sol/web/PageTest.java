package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How the page's files are served. */
class PageTest {
    private static final Path SOURCE = Path.of("src/main/resources/dev/sol/web/page");
    private static FakeServer server;

    @BeforeAll
    static void start() {
        server = FakeServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static HttpResponse<String> get(String path, String... headers) {
        var request = server.client.request(path);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return server.client.raw(request.build());
    }

    private static String header(HttpResponse<String> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    @ParameterizedTest
    @CsvSource({
        "/, index.html, text/html; charset=utf-8",
        "/page/base.css, base.css, text/css; charset=utf-8",
        "/page/app.js, app.js, text/javascript; charset=utf-8",
        "/page/icon.svg, icon.svg, image/svg+xml"
    })
    void files(String path, String file, String type) throws IOException {
        HttpResponse<String> response = get(path);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo(Files.readString(SOURCE.resolve(file)));
        assertThat(header(response, "content-type")).isEqualTo(type);
        assertThat(header(response, "x-content-type-options")).isEqualTo("nosniff");
        assertThat(header(response, "cache-control")).isEqualTo("no-cache");
        assertThat(header(response, "content-security-policy"))
                .startsWith("default-src 'none'; script-src 'self'; style-src 'self';")
                .contains("frame-ancestors 'none'")
                .doesNotContain("unsafe", "http", "*");
    }

    /** A file that is not named is not served, and one that is named but missing would keep the server from starting. */
    @Test
    void allFilesAreServed() throws IOException {
        try (Stream<Path> files = Files.list(SOURCE)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(Page.FILES);
        }
    }

    @Test
    void everythingThatIsNamedIsThere() throws IOException {
        Pattern names = Pattern.compile("(?:src|href)=\"(page/[^\"]+)\"|from '\\./([^']+)'");
        int found = 0;
        for (String file : Page.FILES) {
            Matcher matcher = names.matcher(Files.readString(SOURCE.resolve(file)));
            while (matcher.find()) {
                String path = matcher.group(1) == null ? "page/" + matcher.group(2) : matcher.group(1);
                assertThat(get("/" + path).statusCode()).as(path).isEqualTo(200);
                found++;
            }
        }
        assertThat(found).isGreaterThan(Page.FILES.size());
    }

    /** No script or style in the markup, which the policy would refuse, and nothing that makes markup of text. */
    @Test
    void nothingIsInline() throws IOException {
        assertThat(Files.readString(SOURCE.resolve("index.html")))
                .doesNotContain("<style", " style=", "javascript:", "http:", "https:")
                .doesNotContainPattern("<script(?! (type=\"module\" )?src=\"page/[a-z]+\\.js\"></script>)")
                .doesNotContainPattern("\\son[a-z]+=");
        for (String file : Page.FILES) {
            assertThat(Files.readString(SOURCE.resolve(file)))
                    .as(file)
                    .doesNotContain("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(");
        }
    }

    @Test
    void unchangedFilesAreNotSentAgain() {
        String tag = header(get("/page/app.js"), "etag");
        assertThat(tag).matches("\"[0-9a-f]{32}\"").isNotEqualTo(header(get("/page/api.js"), "etag"));
        for (String condition : List.of(tag, "W/" + tag, "\"other\", " + tag, "*")) {
            HttpResponse<String> response = get("/page/app.js", "If-None-Match", condition);
            assertThat(response.statusCode()).as(condition).isEqualTo(304);
            assertThat(response.body()).isEmpty();
            assertThat(header(response, "etag")).isEqualTo(tag);
        }
        assertThat(get("/page/app.js", "If-None-Match", "\"other\"").statusCode())
                .isEqualTo(200);
    }

    @Test
    void headIsGetWithoutTheBody() {
        HttpResponse<String> response = server.client.raw(server.client
                .request("/")
                .method("HEAD", BodyPublishers.noBody())
                .build());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEmpty();
        assertThat(header(response, "content-length"))
                .isEqualTo(String.valueOf(get("/").body().getBytes(StandardCharsets.UTF_8).length));
    }

    @Test
    void otherMethods() {
        Client.Answer answer = server.client.send(
                server.client.request("/").POST(BodyPublishers.ofString("{}")).build());
        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.header("allow")).isEqualTo("GET, HEAD");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/page",
                "/page/",
                "/page/index.html",
                "/page/Page.class",
                "/page/../Page.class",
                "/page/%2e%2e/Page.class",
                "/page/..%2fPage.class",
                "/page/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2flogback.xml",
                "/page//etc/passwd",
                "/page/..;/logback.xml",
                "/page/..%5clogback.xml",
                "/page/app.js%00.css",
                "/page/app.js/"
            })
    void nothingElseIsServed(String path) throws Exception {
        try (RawClient client = new RawClient(server.server)) { // as it is, not tidied up
            client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            assertThat(client.rest()).matches("(?s)HTTP/1.1 40[04] .*").doesNotContain("<configuration", "root:");
        }
    }

    /** The page asks for the key itself; it has to come before the model, too. */
    @Test
    void neitherAKeyNorAModelIsNeeded() {
        Access access = new Access(ApiKeys.of(List.of("sesame"), null), List.of(), List.of());
        try (FakeServer guarded = FakeServer.loading(FakeServer.OPTIONS.withAccess(access))) {
            for (String path : List.of("/", "/page/app.js")) {
                var request = guarded.client.request(path).build();
                assertThat(guarded.client.raw(request).statusCode()).isEqualTo(200);
            }
            assertThat(guarded.client.get("/props").status()).isEqualTo(401);
        }
    }

    @Test
    void otherNamesOfTheServerAreRefusedHereToo() throws Exception {
        try (RawClient client = new RawClient(server.server)) {
            client.send("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
            assertThat(client.line()).startsWith("HTTP/1.1 403 ");
        }
    }
}
