package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class NativeExtractorTest {

    @TempDir
    Path temporary;

    private Path bundle;
    private Path cache;
    private NativeManifest manifest;
    private final AtomicInteger opened = new AtomicInteger();

    @BeforeEach
    void makeBundle() throws IOException {
        bundle = temporary.resolve("bundle");
        cache = temporary.resolve("cache").resolve("sol").resolve("native");
        manifest = TestManifest.of(bundle, "avx2");
    }

    private InputStream open(String name) throws IOException {
        opened.incrementAndGet();
        return Files.newInputStream(bundle.resolve(name));
    }

    @Test
    void unpacksTheLibrariesAndTheManifestAndNothingElse() throws IOException {
        Path folder = NativeExtractor.extract(manifest, this::open, cache);

        assertThat(folder).hasParent(cache);
        assertThat(names(folder))
                .containsExactlyInAnyOrder(TestManifest.FIRST, TestManifest.SECOND, NativeManifest.FILE_NAME);
        for (String name : names(folder)) {
            assertThat(folder.resolve(name)).hasSameBinaryContentAs(bundle.resolve(name));
        }
    }

    @Test
    void theUnpackedFolderCanBeNamedByTheProperty() {
        Path folder = NativeExtractor.extract(manifest, this::open, cache);

        NativeLibrary library = NativeLibrary.find(
                new Platform("linux", "x86_64"), folder.toString(), getClass().getClassLoader(), cache);
        assertThat(library.directory()).isEqualTo(folder);
        assertThat(library.build()).isEqualTo(manifest.build());
    }

    @Test
    void aSecondStartUnpacksNothing() throws IOException {
        Path folder = NativeExtractor.extract(manifest, this::open, cache);
        FileTime past = FileTime.fromMillis(1_000_000_000_000L);
        Files.setLastModifiedTime(folder.resolve(TestManifest.FIRST), past);
        opened.set(0);

        assertThat(NativeExtractor.extract(manifest, this::open, cache)).isEqualTo(folder);
        assertThat(opened).hasValue(0);
        assertThat(Files.getLastModifiedTime(folder.resolve(TestManifest.FIRST)))
                .isEqualTo(past);
    }

    @Test
    void anotherBuildGetsAnotherFolder() throws IOException {
        Path folder = NativeExtractor.extract(manifest, this::open, cache);

        assertThat(NativeExtractor.extract(TestManifest.of(bundle, "avx2,fma"), this::open, cache))
                .isNotEqualTo(folder);
    }

    @Test
    void replacesADamagedFileAndAMissingOne() throws IOException {
        Path folder = NativeExtractor.extract(manifest, this::open, cache);
        byte[] bytes = Files.readAllBytes(folder.resolve(TestManifest.SECOND));
        bytes[bytes.length / 2] ^= 1;
        Files.write(folder.resolve(TestManifest.SECOND), bytes);
        Files.delete(folder.resolve(TestManifest.FIRST));

        NativeExtractor.extract(manifest, this::open, cache);

        assertThat(folder.resolve(TestManifest.FIRST)).hasSameBinaryContentAs(bundle.resolve(TestManifest.FIRST));
        assertThat(folder.resolve(TestManifest.SECOND)).hasSameBinaryContentAs(bundle.resolve(TestManifest.SECOND));
    }

    @Test
    void refusesADamagedBundleAndLeavesNothingBehind() throws IOException {
        NativeExtractor.Source damaged = name -> name.equals(TestManifest.SECOND)
                ? new ByteArrayInputStream("damaged".getBytes(StandardCharsets.UTF_8))
                : open(name);

        assertThatThrownBy(() -> NativeExtractor.extract(manifest, damaged, cache))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining(TestManifest.SECOND)
                .hasMessageContaining("damaged")
                .hasMessageContaining("native-llama");
        assertThat(names(onlyFolder())).containsExactly(TestManifest.FIRST);
    }

    @Test
    void aFileAppearsOnlyWhenItIsWhole() throws IOException {
        NativeExtractor.Source failing = name -> {
            if (!name.equals(TestManifest.SECOND)) {
                return open(name);
            }
            return new FilterInputStream(open(name)) {
                private int chunks;

                @Override
                public int read(byte[] buffer) throws IOException {
                    if (chunks++ == 1) {
                        assertThat(onlyFolder().resolve(name)).doesNotExist();
                        throw new IllegalStateException("interrupted");
                    }
                    return super.read(buffer);
                }
            };
        };

        assertThatThrownBy(() -> NativeExtractor.extract(manifest, failing, cache))
                .isInstanceOf(IllegalStateException.class);
        assertThat(names(onlyFolder())).containsExactly(TestManifest.FIRST);
    }

    @Test
    void manyThreadsUnpackAtOnce() throws Exception {
        int threads = 8;
        CyclicBarrier start = new CyclicBarrier(threads);
        List<Callable<Path>> tasks = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            tasks.add(() -> {
                start.await();
                Path folder = NativeExtractor.extract(manifest, this::open, cache);
                // What a thread would load now is whole, whatever the others are doing.
                for (String library : manifest.libraries()) {
                    assertThat(Sha256.of(folder.resolve(library))).isEqualTo(manifest.sha256(library));
                }
                return folder;
            });
        }

        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            for (Future<Path> folder : executor.invokeAll(tasks)) {
                assertThat(folder.get()).isEqualTo(onlyFolder());
            }
        }
        assertThat(names(onlyFolder()))
                .containsExactlyInAnyOrder(TestManifest.FIRST, TestManifest.SECOND, NativeManifest.FILE_NAME);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void nobodyElseCanWriteToTheFolder() throws IOException {
        Path folder = NativeExtractor.extract(manifest, this::open, cache);

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                .isEqualTo("rwx------");
    }

    @Test
    void saysWhatToDoWhenTheCacheCannotBeWritten() throws IOException {
        Files.createDirectories(cache.getParent());
        Files.writeString(cache, "a file where the folder should be");

        assertThatThrownBy(() -> NativeExtractor.extract(manifest, this::open, cache))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining(cache.toString())
                .hasMessageContaining("XDG_CACHE_HOME")
                .hasMessageContaining("-Ddev.sol.native.dir");
    }

    @Test
    void saysWhatToDoWhenTheBundleLacksALibrary() {
        NativeExtractor.Source incomplete = name -> {
            throw new FileNotFoundException(name);
        };

        assertThatThrownBy(() -> NativeExtractor.extract(manifest, incomplete, cache))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining(TestManifest.FIRST);
    }

    private Path onlyFolder() {
        try (Stream<Path> folders = Files.list(cache)) {
            List<Path> list = folders.toList();
            assertThat(list).hasSize(1);
            return list.getFirst();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
