package dev.sol.policy.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void writeTheOldContents() throws IOException {
        file = Files.writeString(folder.resolve("file"), "old, and longer than the new");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(each -> each.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void replacesAFileAndMakesOne() throws IOException {
        AtomicFile.write(file, bytes("new"));
        assertThat(file).hasContent("new");
        AtomicFile.writeShared(file, bytes("newer"));
        assertThat(file).hasContent("newer");

        AtomicFile.write(folder.resolve("one"), stream -> {
            stream.write('1');
            stream.write('2');
        });
        AtomicFile.writeShared(folder.resolve("two"), bytes("3"));
        assertThat(folder.resolve("one")).hasContent("12");
        assertThat(folder.resolve("two")).hasContent("3");
        assertThat(names()).containsExactly("file", "one", "two");
    }

    @Test
    void theOldContentsStayUntilTheNewOnesAreCommitted() throws IOException {
        try (AtomicFile out = AtomicFile.ofOneWriter(file)) {
            out.channel().write(ByteBuffer.wrap(bytes("new")));
            assertThat(file).hasContent("old, and longer than the new");
            out.commit();
            assertThat(file).hasContent("new");
        }
        assertThat(file).hasContent("new");
    }

    @Test
    void nothingChangesWithoutACommit() throws IOException {
        for (AtomicFile each : List.of(AtomicFile.ofOneWriter(file), AtomicFile.ofManyWriters(file))) {
            try (each) {
                each.channel().write(ByteBuffer.wrap(bytes("half")));
            }
        }
        assertThatThrownBy(() -> AtomicFile.write(file, stream -> {
                    stream.write(bytes("half"));
                    throw new IOException("the disk is full");
                }))
                .hasMessage("the disk is full");

        assertThat(file).hasContent("old, and longer than the new");
        assertThat(names()).containsExactly("file");
    }

    @Test
    void whatACrashLeftBehindIsUsedAgain() throws IOException {
        try (AtomicFile crashed = AtomicFile.ofOneWriter(file)) {
            crashed.channel().write(ByteBuffer.wrap(bytes("half of something that is longer")));
            assertThat(names()).containsExactly(".file.tmp", "file");
            AtomicFile.write(file, bytes("new"));
            assertThat(file).hasContent("new");
            assertThat(names()).containsExactly("file");
        }
    }

    @Test
    void writersAtOnceDoNotShareATemporaryFile() throws IOException {
        try (AtomicFile first = AtomicFile.ofManyWriters(file);
                AtomicFile second = AtomicFile.ofManyWriters(file)) {
            first.channel().write(ByteBuffer.wrap(bytes("first")));
            second.channel().write(ByteBuffer.wrap(bytes("second")));
            second.commit();
            assertThat(file).hasContent("second");
            first.commit();
            assertThat(file).hasContent("first");
        }
        assertThat(names()).containsExactly("file");
    }

    @Test
    void manyThreads() throws Exception {
        List<Callable<Path>> tasks = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            byte[] content = bytes(String.valueOf((char) ('a' + i % 20)).repeat(100_000));
            tasks.add(() -> {
                AtomicFile.writeShared(file, content);
                return file;
            });
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (Future<Path> each : threads.invokeAll(tasks)) {
                String seen = Files.readString(each.get());
                assertThat(seen).isEqualTo(seen.substring(0, 1).repeat(100_000));
            }
        }
        assertThat(names()).containsExactly("file");
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "links need a privilege")
    void aLinkIsFollowed() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        AtomicFile.write(link, bytes("new"));

        assertThat(link).isSymbolicLink();
        assertThat(file).hasContent("new");
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "has other permissions")
    void whoMayReadAnyNewFileMayReadThisOne() throws IOException {
        String usual = PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
        AtomicFile.write(file, bytes("new"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo(usual);
        AtomicFile.writeShared(file, bytes("new"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo(usual);
    }

    @Test
    void placesWithoutFiles() {
        assertThatThrownBy(() -> AtomicFile.write(folder.getRoot(), bytes("new")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no file");
        assertThatThrownBy(() -> AtomicFile.write(folder.resolve("missing/file"), bytes("new")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("missing");
    }
}
