package dev.sol.trainer.corpus;

import dev.sol.runtime.RequestException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;
import org.tukaani.xz.XZInputStream;

/**
 * A file of UTF-8 text, plain or xz-compressed (told by its content, not by its name). Documents in it are separated by lines that
 * are {@value DocumentReader#SEPARATOR}.
 *
 * @param file where it is
 */
public record Corpus(Path file) {
    private static final int BUFFER = 1 << 16;
    private static final byte[] XZ_MAGIC = {(byte) 0xFD, '7', 'z', 'X', 'Z', 0};

    /** The file's name, without its folder. */
    public String name() {
        return String.valueOf(file.getFileName());
    }

    /**
     * Opens the corpus, which is then read as it is consumed.
     *
     * @throws RequestException if there is no such file
     * @throws IOException if it cannot be read
     */
    public DocumentReader open() throws IOException {
        return open(_ -> {});
    }

    /** @param progress told how many bytes of the file were read since it was told last */
    DocumentReader open(LongConsumer progress) throws IOException {
        if (!Files.exists(file)) {
            throw RequestException.invalid("corpus", "there is no file " + file);
        }
        if (Files.isDirectory(file)) {
            throw RequestException.invalid("corpus", file + " is a folder, not a text");
        }
        InputStream stream = new BufferedInputStream(new CountedInput(Files.newInputStream(file), progress), BUFFER);
        try {
            InputStream text = isXz(stream) ? new XZInputStream(stream) : stream;
            // Decoding reports what is not UTF-8, rather than replacing it.
            return new DocumentReader(new InputStreamReader(text, StandardCharsets.UTF_8.newDecoder()));
        } catch (IOException | RuntimeException e) {
            stream.close();
            throw e;
        }
    }

    /**
     * Tells early what {@link #windows} would tell late.
     *
     * @throws RequestException if there is no such file, or it cannot be read
     */
    public void check() {
        try {
            open().close();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /**
     * The first windows of the corpus: see {@link Windows}.
     *
     * @param length tokens in a window
     * @param least the fewest windows that will do
     * @param most how many are wanted
     * @throws RequestException if the file is missing, cannot be read as text, or is too short; the message names it
     */
    public List<int[]> windows(TextTokenizer tokenizer, int length, int least, int most) {
        Windows.Cut cut;
        try (DocumentReader documents = open()) {
            cut = Windows.cut(documents, tokenizer, length, Math.max(least, most));
        } catch (IOException e) {
            throw unreadable(e);
        }
        if (cut.tokens() == 0) {
            throw withoutText();
        }
        if (cut.windows().size() < least) {
            throw RequestException.invalid(
                    "corpus",
                    "%s is too short: its %d tokens make %d windows of %d tokens, at least %d are needed"
                            .formatted(file, cut.tokens(), cut.windows().size(), length, least));
        }
        return cut.windows();
    }

    /** What to tell when reading failed. */
    RequestException unreadable(IOException failure) {
        if (failure instanceof CharacterCodingException) {
            return RequestException.invalid("corpus", file + " is not UTF-8 text, nor xz-compressed text");
        }
        return RequestException.invalid("corpus", "cannot read " + file + ": " + failure);
    }

    RequestException withoutText() {
        return RequestException.invalid("corpus", file + " has no text");
    }

    private static boolean isXz(InputStream stream) throws IOException {
        stream.mark(XZ_MAGIC.length);
        byte[] start = stream.readNBytes(XZ_MAGIC.length);
        stream.reset();
        return Arrays.equals(start, XZ_MAGIC);
    }
}
