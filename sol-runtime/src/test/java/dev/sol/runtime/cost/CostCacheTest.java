package dev.sol.runtime.cost;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CostCacheTest {
    private static final String KEY = "a model\non a machine";
    private static final CostModel MODEL =
            new CostModel(new AttendedPositions(4, 2, 16), 5, 0.01, 1e-7, 0.002, 20.123456789, 24, 0);

    @TempDir
    Path folder;

    private CostCache cache;

    @BeforeEach
    void inAFolderThatIsNotThere() {
        cache = new CostCache(folder.resolve("deep/cost"));
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        assertThat(cache.read(KEY)).isEmpty();
        cache.write(KEY, new CostModel(MODEL.attended(), 1, 1, 1, 1, 1, 1, 1));
        cache.write(KEY, MODEL);

        assertThat(cache.read(KEY)).contains(MODEL);
        assertThat(cache.read("another model")).isEmpty();
        try (Stream<Path> files = Files.list(cache.directory())) {
            assertThat(files).containsExactly(cache.file(KEY)); // nothing temporary
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "null", "{\"version\": 1}", "\u0000\u0001"})
    void damagedFilesAreAsGoodAsNone(String content) throws IOException {
        cache.write(KEY, MODEL);
        Files.writeString(cache.file(KEY), content);

        assertThat(cache.read(KEY)).isEmpty();
        cache.write(KEY, MODEL);
        assertThat(cache.read(KEY)).contains(MODEL);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "version" : 1 | "version" : 2
            a model       | b model
            "base" : 5.0  | "base" : -5.0
            "base" : 5.0  | "base" : "5"
            "base"        | "bass"
            "page" : 16   | "page" : 0
            """)
    void soAreFilesOfSomethingElse(String found, String instead) throws IOException {
        cache.write(KEY, MODEL);
        String content = Files.readString(cache.file(KEY));
        assertThat(content).contains(found);
        Files.writeString(cache.file(KEY), content.replace(found, instead));

        assertThat(cache.read(KEY)).isEmpty();
    }

    @Test
    void aFolderThatCannotBeWrittenIsDoneWithout() throws IOException {
        CostCache blocked =
                new CostCache(Files.createFile(folder.resolve("file")).resolve("cost"));
        blocked.write(KEY, MODEL);

        assertThat(blocked.read(KEY)).isEmpty();
    }
}
