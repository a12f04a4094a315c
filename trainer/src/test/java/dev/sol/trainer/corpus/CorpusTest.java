package dev.sol.trainer.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.runtime.RequestException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class CorpusTest {
    private static final String TEXT = "Ein Märchen — 語\n".repeat(1000);

    @TempDir
    Path folder;

    private Path write(String name, byte[] content) throws IOException {
        return Files.write(folder.resolve(name), content);
    }

    private static byte[] xz(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new XZOutputStream(bytes, new LZMA2Options())) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static void assertRefused(Path file, String message) {
        assertThatThrownBy(() -> new Corpus(file).windows(new CharacterTokens(), 16, 2, 4))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining(String.valueOf(file.getFileName()))
                .hasMessageContaining(message);
    }

    private static String read(Path file) throws IOException {
        try (DocumentReader reader = new Corpus(file).open()) {
            assertThat(reader.next()).isTrue();
            return String.valueOf(reader.piece());
        }
    }

    @Test
    void plainAndXzAreToldByTheirContent() throws IOException {
        assertThat(read(write("plain.xz", TEXT.getBytes(StandardCharsets.UTF_8))))
                .isEqualTo(TEXT.strip());
        assertThat(read(write("packed.txt", xz(TEXT)))).isEqualTo(TEXT.strip());
    }

    @Test
    void xzFilesPutOneAfterAnother() throws IOException {
        byte[] one = xz("one\n");
        byte[] two = xz("two\n");
        byte[] both = Arrays.copyOf(one, one.length + two.length);
        System.arraycopy(two, 0, both, one.length, two.length);

        assertThat(read(write("both.xz", both))).isEqualTo("one\ntwo");
    }

    @Test
    void windows() throws IOException {
        Path file = write("a.txt", "a".repeat(100).getBytes(StandardCharsets.UTF_8));

        assertThat(new Corpus(file).windows(new CharacterTokens(), 16, 2, 4))
                .hasSize(4)
                .allSatisfy(window -> assertThat(window).hasSize(16).containsOnly('a'));
        assertThat(new Corpus(file).windows(new CharacterTokens(), 16, 2, 40)).hasSize(6);
    }

    @Test
    void whatIsNoCorpus() throws IOException {
        assertRefused(folder.resolve("none.txt"), "there is no file");
        assertRefused(folder, "is a folder");
        assertRefused(write("empty.txt", new byte[0]), "has no text");
        assertRefused(write("blank.txt", "\n\n<|endoftext|>\n".getBytes(StandardCharsets.UTF_8)), "has no text");
        assertRefused(
                write("short.txt", "abcdefghijklmnopqrst".getBytes(StandardCharsets.UTF_8)),
                "is too short: its 20 tokens make 1 windows of 16 tokens, at least 2");
        assertRefused(write("latin1.txt", "M\u00e4rchen".getBytes(StandardCharsets.ISO_8859_1)), "is not UTF-8 text");
        byte[] damaged = xz(TEXT);
        damaged[damaged.length / 2] ^= 0x55;
        assertRefused(write("damaged.xz", damaged), "cannot read");
        assertRefused(write("cut.xz", Arrays.copyOf(xz("abc".repeat(9)), 40)), "cannot read");
    }

    @Test
    void theCheckReadsNoText() throws IOException {
        byte[] packed = xz(TEXT);
        Path corpus = write("late.xz", Arrays.copyOf(packed, packed.length / 2));
        new Corpus(corpus).check();

        Path header = write("early.xz", Arrays.copyOf(packed, 8));
        assertThatThrownBy(() -> new Corpus(header).check())
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("cannot read")
                .hasMessageContaining("early.xz");
        assertThatThrownBy(() -> new Corpus(folder.resolve("none")).check()).hasMessageContaining("there is no file");
    }

    @Test
    void fingerprint() throws IOException {
        assertThat(Fingerprint.sha256(write("abc", "abc".getBytes(StandardCharsets.UTF_8))))
                .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
