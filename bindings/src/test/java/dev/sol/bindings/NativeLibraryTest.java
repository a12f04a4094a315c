package dev.sol.bindings;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.bindings.gen.SolNative;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {
    private static final Platform LINUX = new Platform("linux", "x86_64");

    @TempDir
    Path temporary;

    @Test
    void bundledLibrariesAreUnpackedFromTheFolderOfThePlatform() throws IOException {
        Path root = temporary.resolve("jar");
        NativeManifest manifest = TestManifest.of(root.resolve("dev/sol/native/linux-x86_64"), "");

        try (URLClassLoader jar = new URLClassLoader(new URL[] {root.toUri().toURL()}, null)) {
            NativeLibrary library = NativeLibrary.find(LINUX, null, jar, temporary.resolve("cache"));

            assertThat(library.directory()).startsWith(temporary.resolve("cache"));
            assertThat(library.directory().resolve(TestManifest.SECOND)).isRegularFile();
            assertThat(library.build()).isEqualTo(manifest.build());
            assertThatThrownBy(() -> NativeLibrary.find(new Platform("windows", "aarch64"), null, jar, temporary))
                    .isInstanceOf(NativeLibraryException.class)
                    .hasMessageContaining("windows-aarch64")
                    .hasMessageContaining("native-llama")
                    .hasMessageContaining("-Ddev.sol.native.dir");
        }
    }

    @Test
    void aFolderWithoutAManifestIsNamed() {
        assertThatThrownBy(() -> NativeLibrary.find(
                        LINUX, temporary.toString(), getClass().getClassLoader(), temporary))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining(temporary.resolve("native.properties").toString())
                .hasMessageContaining("-Ddev.sol.native.dir must name a folder");
    }

    @Test
    void aLibraryThatIsNotTheOneOfTheManifestIsNotLoaded() throws IOException {
        TestManifest.of(temporary, "");
        Files.writeString(temporary.resolve(TestManifest.SECOND), "half a copy");

        assertThatThrownBy(() -> NativeLibrary.find(
                        LINUX, temporary.toString(), getClass().getClassLoader(), temporary))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining(temporary.resolve(TestManifest.SECOND).toString())
                .hasMessageContaining("native.properties");
    }

    @Test
    void theLinkerSaysWhyAFileIsNoLibrary() throws IOException {
        NativeLibrary library = new NativeLibrary(temporary, TestManifest.of(temporary, ""));
        Files.write(temporary.resolve(TestManifest.FIRST), mipsLibrary());

        assertThatThrownBy(library::link)
                .isInstanceOf(NativeLibraryException.class)
                .hasCauseInstanceOf(UnsatisfiedLinkError.class)
                .satisfies(e -> assertThat(e)
                        .hasMessageContaining(
                                requireNonNull(requireNonNull(e.getCause()).getMessage())))
                .hasMessageContaining(temporary.resolve(TestManifest.FIRST).toString())
                .hasMessageContaining("noexec");
    }

    /** An ELF file that says that it is for a MIPS processor and that its stack is not executable, or the JVM would warn. */
    private static byte[] mipsLibrary() {
        ByteBuffer elf = ByteBuffer.allocate(64 + 56).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1).put(6, (byte) 1); // magic, 64 bits, little-endian
        elf.putShort(16, (short) 3).putShort(18, (short) 8).putInt(20, 1); // a shared object, for MIPS
        elf.putLong(32, 64).putShort(52, (short) 64).putShort(54, (short) 56).putShort(56, (short) 1); // one header
        elf.putInt(64, 0x6474e551).putInt(68, 6); // PT_GNU_STACK, readable and writable
        return elf.array();
    }

    @Test
    void theLinkerNamesAMissingFile() throws IOException {
        NativeManifest manifest = TestManifest.of(temporary, "");
        Files.delete(temporary.resolve(TestManifest.FIRST));

        assertThatThrownBy(new NativeLibrary(temporary, manifest)::link)
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining(temporary.resolve(TestManifest.FIRST).toString());
    }

    @Test
    void anotherApiVersionIsRefusedWithBothNumbers() throws IOException {
        NativeLibrary library = new NativeLibrary(temporary, TestManifest.of(temporary, ""));

        assertThatCode(() -> library.checkVersion(SolNative.SOL_API_VERSION())).doesNotThrowAnyException();
        assertThatThrownBy(() -> library.checkVersion(4711))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining("version 4711")
                .hasMessageContaining("need " + SolNative.SOL_API_VERSION())
                .hasMessageContaining("llama.cpp v0, portable");
    }

    @Test
    void missingSymbolsAreNamedWithTheVersionOfTheLibrary() {
        List<String> names = List.of("sol_decode", "sol_first", "sol_second");

        assertThatThrownBy(() -> RequiredSymbols.check(
                        names,
                        name -> name.equals("sol_decode") ? Optional.of(MemorySegment.NULL) : Optional.empty(),
                        "/here (build 7)"))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining("/here (build 7) lacks sol_first, sol_second.");
    }

    @Test
    void everyFunctionOfSolHIsRequired() throws IOException {
        String header = Files.readString(Path.of("..", "native-llama", "include", "sol.h"));
        List<String> declared = Pattern.compile("(?m)^LLAMA_API [^(]*\\b(sol_\\w+)\\(")
                .matcher(header)
                .results()
                .map(match -> match.group(1))
                .filter(name -> !name.equals("sol_context_llama")) // no function of llama.h is called with it
                .toList();

        assertThat(declared).contains("sol_api_version", "sol_decode");
        assertThat(RequiredSymbols.names()).containsAll(declared).doesNotHaveDuplicates();
    }

    @Test
    void theCacheFolderFollowsTheXdgSpecification() {
        Path home = Path.of(System.getProperty("user.home"), ".cache", "sol", "native");

        assertThat(NativeLibrary.cacheDirectory(Map.of("XDG_CACHE_HOME", "/var/cache")::get))
                .isEqualTo(Path.of("/var/cache/sol/native"));
        assertThat(NativeLibrary.cacheDirectory(Map.of("XDG_CACHE_HOME", "relative")::get))
                .isEqualTo(home);
        assertThat(NativeLibrary.cacheDirectory(Map.of("XDG_CACHE_HOME", "")::get))
                .isEqualTo(home);
        assertThat(NativeLibrary.cacheDirectory(Map.<String, String>of()::get)).isEqualTo(home);
    }
}
