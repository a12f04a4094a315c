package dev.sol.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedModelTest {
    @TempDir
    Path cache;

    @Test
    void isUnpackedOnceAndWhole() throws IOException {
        Path file = EmbeddedModel.unpack(cache);
        var written = Files.getLastModifiedTime(file);

        assertThat(file).hasFileName("sol-tiny-f16.gguf").isRegularFile();
        assertThat(Files.readAllBytes(file)).startsWith('G', 'G', 'U', 'F').hasSize(4_000_640);
        assertThat(EmbeddedModel.unpack(cache)).isEqualTo(file);
        assertThat(Files.getLastModifiedTime(file)).isEqualTo(written);
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void aDamagedCopyIsReplaced() throws IOException {
        Path file = EmbeddedModel.unpack(cache);
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, new byte[] {'G'});
        EmbeddedModel.unpack(cache);
        assertThat(Files.readAllBytes(file)).isEqualTo(whole);

        byte[] damaged = whole.clone();
        damaged[damaged.length / 2] ^= 1;
        Files.write(file, damaged);
        EmbeddedModel.unpack(cache);
        assertThat(Files.readAllBytes(file)).isEqualTo(whole);
    }

    @Test
    void severalMayUnpackAtOnce() {
        assertThat(IntStream.range(0, 8).parallel().mapToObj(_ -> EmbeddedModel.unpack(cache)))
                .hasSize(8)
                .containsOnly(EmbeddedModel.unpack(cache));
    }

    @Test
    void aFolderThatCannotBeWrittenIsNamed() throws IOException {
        Path blocked = cache.resolve("file");
        Files.createFile(blocked);

        assertThatThrownBy(() -> EmbeddedModel.unpack(blocked))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining(blocked.toString())
                .hasMessageContaining("XDG_CACHE_HOME");
    }

    @Test
    void theCacheFolderFollowsXdg() {
        Path home = Path.of(System.getProperty("user.home"), ".cache", "sol", "models");

        assertThat(EmbeddedModel.cacheDirectory(Map.of("XDG_CACHE_HOME", "/x")::get))
                .isEqualTo(Path.of("/x/sol/models"));
        assertThat(EmbeddedModel.cacheDirectory(Map.of("XDG_CACHE_HOME", "relative")::get))
                .isEqualTo(home);
        assertThat(EmbeddedModel.cacheDirectory(_ -> null)).isEqualTo(home);
    }

    @Test
    void theCardAndTheAttributionAreBesideIt() {
        for (String name : new String[] {"MODEL_CARD.md", "storybooks.attribution.tsv"}) {
            assertThat(EmbeddedModel.class.getResource("/dev/sol/model/" + name))
                    .as(name)
                    .isNotNull();
        }
    }
}
