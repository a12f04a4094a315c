package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Runs the examples of {@code docs/api.md}: what is in it works, against a server elsewhere. */
@Tag("model")
class DocsModelTest {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)\\n(.*?)^```$");

    private static ModelServer server;

    @TempDir
    private Path folder;

    /** A fenced block. */
    private record Example(String language, String text) {
        boolean isRequest() {
            return language.equals("sh") && text.startsWith("curl");
        }

        String name() {
            return language + ": " + text.lines().findFirst().orElse("");
        }
    }

    @BeforeAll
    static void start() {
        server = ModelServer.start(8);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static List<Example> examples() {
        try {
            Matcher blocks = BLOCK.matcher(Files.readString(Path.of("../docs/api.md")));
            return blocks.results()
                    .map(block -> new Example(block.group(1), block.group(2)))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String here(String text) {
        return text.replace("http://127.0.0.1:8080", server.server.uri().toString());
    }

    @TestFactory
    Stream<DynamicTest> requests() {
        List<Example> requests = examples().stream().filter(Example::isRequest).toList();
        assertThat(requests).hasSizeGreaterThan(3);
        return requests.stream()
                .map(example -> DynamicTest.dynamicTest(example.name(), () -> {
                    String script = "set -e\ncurl() { command curl --fail-with-body \"$@\"; }\n" + here(example.text());
                    Programs.Outcome outcome = Programs.run(folder, Map.of(), List.of("sh", "-c", script));
                    assertThat(outcome.code()).as(outcome.output()).isZero();
                    assertThat(outcome.output()).isNotBlank();
                }));
    }

    @Test
    void java() throws Exception {
        List<Example> sources = examples().stream()
                .filter(example -> example.language.equals("java"))
                .toList();
        assertThat(sources).isNotEmpty();
        for (Example example : sources) {
            Path file = Files.writeString(folder.resolve("Example.java"), here(example.text()));
            Programs.Outcome outcome = Programs.run(
                    folder,
                    Map.of(),
                    List.of(
                            ProcessHandle.current().info().command().orElse("java"),
                            "-cp",
                            System.getProperty("java.class.path"),
                            file.toString()));
            assertThat(outcome.code()).as(outcome.output()).isZero();
            assertThat(outcome.output()).contains("realised");
        }
    }

    @Test
    void javaScript() throws Exception {
        Path client = NodeClientModelTest.FOLDER;
        assumeTrue(NodeClientModelTest.install(), "npm cannot install OpenAI's client");
        List<Example> sources = examples().stream()
                .filter(example -> example.language.equals("js"))
                .toList();
        assertThat(sources).isNotEmpty();
        for (Example example : sources) {
            Files.writeString(client.resolve("example.mjs"), here(example.text()));
            Programs.Outcome outcome = Programs.run(client, Map.of(), List.of("node", "example.mjs"));
            assertThat(outcome.code()).as(outcome.output()).isZero();
            assertThat(outcome.output()).contains("attn");
        }
    }

    @Test
    void settings(@TempDir Path directory) throws Exception {
        List<Example> files = examples().stream()
                .filter(example -> example.language.equals("json"))
                .toList();
        assertThat(files).isNotEmpty();
        for (Example example : files) {
            Path file = Files.writeString(directory.resolve("sol.json"), example.text());
            assertThat(Client.json(SettingsTest.print(Map.of("SOL_CONFIG", file.toString()))
                                    .out())
                            .get("port")
                            .asInt())
                    .isEqualTo(9000);
        }
    }
}
