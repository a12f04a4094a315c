package dev.sol.trainer.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.runtime.RequestException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

@Timeout(120)
class TokenizedCorpusTest {
    private static final String SEPARATOR = "\n" + DocumentReader.SEPARATOR + "\n";

    @TempDir
    Path folder;

    /** Counts what it is asked for. */
    private static final class Counted implements TextTokenizer {
        final AtomicInteger calls = new AtomicInteger();
        private final CharacterTokens characters = new CharacterTokens();
        private final int size;

        Counted(int size) {
            this.size = size;
        }

        @Override
        public int size() {
            return size;
        }

        @Override
        public int[] encode(String text) {
            calls.incrementAndGet();
            return characters.encode(text);
        }

        @Override
        public int[] beginning() {
            return characters.beginning();
        }

        @Override
        public int[] separator() {
            return characters.separator();
        }
    }

    private final Counted tokenizer = new Counted(1 << 16);

    private Path cache() {
        return folder.resolve("cache");
    }

    private Corpus write(String name, String... documents) throws IOException {
        return new Corpus(Files.writeString(folder.resolve(name), String.join(SEPARATOR, documents)));
    }

    private TokenizedCorpus open(Corpus corpus) {
        return TokenizedCorpus.open(corpus, tokenizer, "characters", TokenizedCorpus.Listener.NONE, cache());
    }

    private static String text(TokenizedCorpus corpus, int document) {
        int[] tokens = new int[corpus.length(document)];
        corpus.copy(document, 0, tokens, 0, tokens.length);
        return new String(tokens, 0, tokens.length);
    }

    private List<String> texts(Corpus corpus) {
        try (TokenizedCorpus opened = open(corpus)) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < opened.documents(); i++) {
                texts.add(text(opened, i));
            }
            assertThat(opened.tokens())
                    .isEqualTo(texts.stream().mapToLong(String::length).sum());
            return texts;
        }
    }

    private List<Path> cached() throws IOException {
        try (Stream<Path> files = Files.list(cache())) {
            return files.filter(file -> !file.toString().endsWith(".lock")).toList();
        }
    }

    private static byte[] xz(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new XZOutputStream(bytes, new LZMA2Options())) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    @Test
    void documentsComeBackAndTheSecondTimeWithoutTokenising() throws IOException {
        Corpus corpus = write("a.txt", "first\ntext", "", "\n\n", "zweiter — 語", "x");

        assertThat(texts(corpus)).containsExactly("first\ntext", "zweiter — 語", "x");
        int calls = tokenizer.calls.get();
        assertThat(texts(corpus)).containsExactly("first\ntext", "zweiter — 語", "x");
        assertThat(tokenizer.calls).hasValue(calls);
        assertThat(cached()).hasSize(1);
    }

    @Test
    void tokensOfLargeVocabularies() throws IOException {
        Corpus corpus = write("a.txt", "ab", "c");
        Counted large = new Counted((1 << 16) + 1);
        try (TokenizedCorpus opened =
                TokenizedCorpus.open(corpus, large, "large", TokenizedCorpus.Listener.NONE, cache())) {
            assertThat(text(opened, 0)).isEqualTo("ab");
            assertThat(text(opened, 1)).isEqualTo("c");
        }
    }

    @Test
    void partsOfDocuments() throws IOException {
        try (TokenizedCorpus corpus = open(write("a.txt", "abcdef", "ghi"))) {
            int[] tokens = new int[4];
            corpus.copy(0, 3, tokens, 1, 2);
            assertThat(tokens).containsExactly(0, 'd', 'e', 0);
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> corpus.copy(0, 4, tokens, 0, 3));
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> corpus.copy(1, -1, tokens, 0, 1));
        }
    }

    @Test
    void aFileThatChangesIsTokenisedAnew() throws IOException {
        Corpus corpus = write("a.txt", "before");
        assertThat(texts(corpus)).containsExactly("before");
        Files.writeString(corpus.file(), "behind"); // as long, and perhaps within the clock's tick
        assertThat(texts(corpus)).containsExactly("behind");
        Files.writeString(corpus.file(), "before");
        int calls = tokenizer.calls.get();
        assertThat(texts(corpus)).containsExactly("before");
        assertThat(tokenizer.calls).hasValue(calls);
    }

    @Test
    void anotherTokenizerHasItsOwnTokens() throws IOException {
        Corpus corpus = write("a.txt", "text");
        open(corpus).close();
        int calls = tokenizer.calls.get();
        TokenizedCorpus.open(corpus, tokenizer, "other", TokenizedCorpus.Listener.NONE, cache())
                .close();
        assertThat(tokenizer.calls.get()).isGreaterThan(calls);
        assertThat(cached()).hasSize(2);
    }

    @Test
    void xzGivesTheSameDocumentsInTheSameParts() throws IOException {
        String[] documents = new String[300];
        Arrays.setAll(documents, i -> "document number " + i);
        Corpus plain = write("a.txt", documents);
        Corpus packed = new Corpus(Files.write(folder.resolve("a.xz"), xz(String.join(SEPARATOR, documents))));

        try (TokenizedCorpus one = open(plain);
                TokenizedCorpus other = open(packed)) {
            assertThat(other.documents()).isEqualTo(300);
            for (int i = 0; i < 300; i++) {
                assertThat(text(other, i)).isEqualTo(documents[i]);
                assertThat(other.part(i)).isEqualTo(one.part(i));
            }
        }
    }

    @Test
    void aPartDependsOnTheTextAlone() throws IOException {
        String[] documents = new String[4000];
        Arrays.setAll(documents, i -> "story " + i);
        List<Part> parts = new ArrayList<>();
        try (TokenizedCorpus corpus = open(write("a.txt", documents))) {
            for (int i = 0; i < documents.length; i++) {
                parts.add(corpus.part(i));
            }
        }
        String[] backwards = Arrays.asList(documents).reversed().toArray(String[]::new);
        try (TokenizedCorpus corpus = open(write("b.txt", backwards))) {
            for (int i = 0; i < documents.length; i++) {
                assertThat(corpus.part(documents.length - 1 - i)).isEqualTo(parts.get(i));
            }
        }
        assertThat(parts.stream().filter(part -> part == Part.TRAIN).count()).isBetween(3740L, 3860L);
        assertThat(parts.stream().filter(part -> part == Part.VALIDATION).count())
                .isBetween(60L, 140L);
        assertThat(parts.stream().filter(part -> part == Part.TEST).count()).isBetween(60L, 140L);
        // Held fast: another split would put texts that a policy was trained on into its test part.
        assertThat(Part.of(TextHash.of("story 0"))).isEqualTo(parts.getFirst());
        assertThat(TextHash.of("abc")).isEqualTo(0xba7816bf8f01cfeaL);
        assertThat(Part.of(949)).isEqualTo(Part.TRAIN);
        assertThat(Part.of(950)).isEqualTo(Part.VALIDATION);
        assertThat(Part.of(975)).isEqualTo(Part.TEST);
        assertThat(Part.of(-1L)).isEqualTo(Part.TRAIN); // 2^64 − 1 ends with 615
    }

    @Test
    void longDocumentsAreOneAndWholeCorporaAreCut() throws IOException {
        String line = "a line of text that is neither short nor long\n";
        String book = line.repeat(40_000).strip(); // 1.9 million characters
        String shelf = line.repeat(60_000).strip();

        try (TokenizedCorpus corpus = open(write("books.txt", book, shelf, "end"))) {
            assertThat(corpus.length(0)).isEqualTo(book.length());
            StringBuilder all = new StringBuilder();
            for (int i = 1; i < corpus.documents() - 1; i++) {
                assertThat(corpus.length(i)).isLessThan(DocumentReader.PIECE + 100);
                all.append(text(corpus, i));
            }
            assertThat(all.toString()).isEqualTo(shelf);
            assertThat(text(corpus, corpus.documents() - 1)).isEqualTo("end");
        }
    }

    @Test
    void whatIsNoCorpus() throws IOException {
        assertRefused(new Corpus(folder.resolve("none")), "there is no file");
        assertRefused(write("blank.txt", "\n", " \n\n".strip()), "has no text");
        assertRefused(
                new Corpus(Files.write(folder.resolve("latin1.txt"), "M\u00e4r".getBytes(StandardCharsets.ISO_8859_1))),
                "is not UTF-8");
        byte[] packed = xz("a text that is long enough\n".repeat(10_000));
        assertRefused(
                new Corpus(Files.write(folder.resolve("cut.xz"), Arrays.copyOf(packed, packed.length - 20))),
                "cannot read");
        if (Files.exists(cache())) {
            assertThat(cached()).allMatch(file -> file.toString().endsWith(".tokens")); // of the blank one
        }
    }

    private void assertRefused(Corpus corpus, String message) {
        assertThatThrownBy(() -> open(corpus))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining(String.valueOf(corpus.file().getFileName()))
                .hasMessageContaining(message);
    }

    @Test
    void aCacheThatCannotBeWritten() throws IOException {
        Corpus corpus = write("a.txt", "text");
        Files.writeString(cache(), "a file");
        assertThatThrownBy(() -> open(corpus))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("SOL_CACHE")
                .hasMessageContaining(cache().toString());
    }

    @Test
    void whatIsLeftOfAKilledProcessIsOverwrittenAndADamagedFileIsMadeAnew() throws IOException {
        Corpus corpus = write("a.txt", "one", "two");
        open(corpus).close();
        Path file = cached().getFirst();
        byte[] content = Files.readAllBytes(file);
        for (int length : new int[] {0, 8, 31, content.length - 8, content.length - 1}) {
            Files.write(file, Arrays.copyOf(content, length));
            Files.write(file.resolveSibling("." + file.getFileName() + ".tmp"), new byte[1000]);
            assertThat(texts(corpus)).as("%d bytes", length).containsExactly("one", "two");
            assertThat(cached()).containsExactly(file);
            assertThat(file).hasBinaryContent(content);
        }
    }

    @Test
    void progressAndInterruption() throws IOException {
        String[] documents = new String[50];
        Arrays.setAll(documents, i -> "words ".repeat(10_000) + i);
        Corpus corpus = write("a.txt", documents);
        AtomicLong read = new AtomicLong();
        TokenizedCorpus.Listener impatient = new TokenizedCorpus.Listener() {
            @Override
            public void read(long bytes, long size) {
                assertThat(bytes).isGreaterThan(read.getAndSet(bytes)).isLessThanOrEqualTo(size);
            }

            @Override
            public boolean cancelled() {
                return read.get() > 1_000_000;
            }
        };
        assertThatThrownBy(() -> TokenizedCorpus.open(corpus, tokenizer, "characters", impatient, cache()))
                .isInstanceOf(CancellationException.class);
        assertThat(read.get()).isBetween(1_000_000L, 2_000_000L);
        assertThat(cached()).isEmpty();
        assertThat(texts(corpus)).hasSize(50);
    }

    @Test
    void manyAtOnceTokeniseOnce() throws Exception {
        String[] documents = new String[2000];
        Arrays.setAll(documents, i -> "document " + i);
        Corpus corpus = write("a.txt", documents);
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Callable<List<String>>> tasks = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                tasks.add(() -> texts(corpus));
            }
            for (Future<List<String>> result : threads.invokeAll(tasks)) {
                assertThat(result.get()).containsExactly(documents);
            }
        }
        assertThat(tokenizer.calls).hasValue(2000);
        assertThat(cached()).hasSize(1);
    }

    @Test
    void anotherProcessIsWaitedFor() throws IOException {
        Corpus corpus = write("a.txt", "text");
        open(corpus).close();
        Path file = cached().getFirst();
        Files.delete(file);
        Path lock = file.resolveSibling(file.getFileName() + ".lock");
        AtomicInteger waits = new AtomicInteger();
        TokenizedCorpus.Listener patient = new TokenizedCorpus.Listener() {
            @Override
            public void waits() {
                waits.incrementAndGet();
            }

            @Override
            public boolean cancelled() {
                return waits.get() > 2;
            }
        };
        try (var channel = FileChannel.open(lock, StandardOpenOption.WRITE);
                var held = channel.lock()) {
            assertThat(held.isValid()).isTrue();
            assertThatThrownBy(() -> TokenizedCorpus.open(corpus, tokenizer, "characters", patient, cache()))
                    .isInstanceOf(CancellationException.class);
        }
        assertThat(waits).hasValue(3);
        assertThat(texts(corpus)).containsExactly("text");
    }
}
