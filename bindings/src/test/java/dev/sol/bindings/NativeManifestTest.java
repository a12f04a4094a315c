package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NativeManifestTest {
    private static final String HASH = "0123456789abcdef".repeat(4);

    @Test
    void readsWhatTheBuildWrites(@TempDir Path folder) throws IOException {
        NativeManifest manifest = TestManifest.of(folder, "avx2,fma, f16c");

        assertThat(manifest.libraries()).containsExactly(TestManifest.FIRST, TestManifest.SECOND);
        assertThat(manifest.cpuFeatures()).containsExactly("avx2", "fma", "f16c");
        assertThat(manifest.sha256(TestManifest.FIRST)).isEqualTo(Sha256.of(folder.resolve(TestManifest.FIRST)));
        assertThat(manifest.build()).isEqualTo("llama.cpp v0, portable");
        assertThat(manifest.bytes()).isEqualTo(Files.readAllBytes(folder.resolve(NativeManifest.FILE_NAME)));
    }

    @Test
    void aBuildForAnyProcessorNeedsNoFeatures() {
        assertThat(parse("libraries=a\nsha256.a=" + HASH).cpuFeatures()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "cpu-features=avx2 | names no libraries",
                "libraries= , | names no libraries",
                "libraries=a | no sha256.a",
                "libraries=a\\nsha256.a=123 | no sha256.a",
                "libraries=../a | not a file name",
                "libraries=/etc/a | not a file name",
                "libraries=\\\\u00zz | cannot be parsed",
            })
    void namesTheManifestAndWhatIsWrongInIt(String text, String problem) {
        assertThatThrownBy(() -> parse(text.replace("\\n", "\n").replace("\\\\", "\\")))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining("/here/native.properties")
                .hasMessageContaining(problem);
    }

    private static NativeManifest parse(String text) {
        return NativeManifest.parse(text.getBytes(StandardCharsets.ISO_8859_1), "/here/native.properties");
    }
}
