package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.engine.PolicyRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page in Chromium: the suites in {@code src/test/page}. Skipped where there is no Chromium, or npm cannot install what drives it. */
@Tag("model")
class PageModelTest {
    private static final Path SOURCE = Path.of("src/test/page");
    private static final Path FOLDER = Path.of("target/page-test");
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final String KEY = "sesame";

    /** So that there is a middle of a stream to look at: an answer of 160 tokens takes five seconds. */
    private static final int PAUSE_MILLIS = 30;

    private static ModelServer server;
    private static SolServer guarded;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(
                Files.isExecutable(CHROMIUM),
                "the page is not tested: there is no " + CHROMIUM + " (Debian's package is chromium)");
        assumeTrue(
                Programs.install(SOURCE, FOLDER),
                "the page is not tested: npm cannot install playwright-core and axe-core");
        server = ModelServer.start(8);
        server.pauseAfterText(PAUSE_MILLIS);
        guarded = guarded((ObjectNode) server.client.get("/props").body());
    }

    @AfterAll
    static void stop() {
        if (guarded != null) {
            guarded.close();
        }
        if (server != null) {
            server.close();
        }
    }

    /** A server that asks for a key, and says what the other one says about itself. */
    private static SolServer guarded(ObjectNode properties) {
        Access access = new Access(ApiKeys.of(List.of(KEY), null), List.of(), List.of());
        SolServer started = SolServer.listen(FakeServer.OPTIONS.withAccess(access));
        started.serve(ServedModel.of(
                "fake",
                Instant.EPOCH,
                new FakeCompleter(),
                new FakeTexts(),
                new FakeChat(),
                _ -> new float[1],
                PolicyRegistry.BUILT_IN,
                FakeServer.LIMITS,
                properties));
        return started;
    }

    private static Map<String, String> environment() {
        Path page = Path.of("src/main/resources/dev/sol/web/page").toAbsolutePath();
        return Map.of(
                "SOL_URL", server.server.uri().toString(),
                "SOL_KEYED_URL", guarded.uri().toString(),
                "SOL_KEY", KEY,
                "SOL_CHROMIUM", CHROMIUM.toString(),
                "SOL_PAGE", page.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"modules", "answers", "requests", "looks"})
    void suite(String name) throws Exception {
        Programs.Outcome tested = Programs.run(FOLDER, environment(), List.of("node", "--test", name + ".test.js"));
        assertThat(tested.code()).as(tested.output()).isZero();
        assertThat(tested.output()).containsPattern("pass [1-9]").contains("fail 0", "skipped 0");
    }

    /** Takes the pictures of docs/page.md, when asked to. */
    @Test
    @EnabledIfSystemProperty(named = "sol.pictures", matches = ".+", disabledReason = "no folder for pictures")
    void pictures() throws Exception {
        Path folder = Files.createDirectories(
                Path.of(System.getProperty("sol.pictures")).toAbsolutePath());
        Programs.Outcome taken =
                Programs.run(FOLDER, environment(), List.of("node", "screenshots.js", folder.toString()));
        assertThat(taken.code()).as(taken.output()).isZero();
        assertThat(folder.resolve("page-phone-dark.png")).isNotEmptyFile();
    }
}
