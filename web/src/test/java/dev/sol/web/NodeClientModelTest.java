package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** OpenAI's client for JavaScript: the suite in {@code src/test/js}. Skipped where npm cannot install it. */
@Tag("model")
class NodeClientModelTest {
    private static final Path SOURCE = Path.of("src/test/js");
    static final Path FOLDER = Path.of("target/js-client");

    /** Puts the suite and the client into the folder. False where npm cannot. */
    static boolean install() throws IOException, InterruptedException {
        return Programs.install(SOURCE, FOLDER);
    }

    @Test
    void suite() throws Exception {
        assumeTrue(install(), "npm cannot install OpenAI's client");
        try (ModelServer server = ModelServer.start(8)) {
            Programs.Outcome tested = Programs.run(
                    FOLDER,
                    Map.of("SOL_BASE_URL", server.server.uri() + "/v1", "SOL_MODEL", ModelServer.MODEL),
                    List.of("node", "--test", "client.test.js"));
            assertThat(tested.code()).as(tested.output()).isZero();
            assertThat(tested.output()).contains("pass 8", "fail 0");
        }
    }
}
