package dev.sol.trainer.corpus;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.Reader;
import org.jspecify.annotations.Nullable;

/**
 * Reads documents, each in pieces of bounded length, so that neither a long document nor a long line needs memory. Line ends
 * become {@code \n}; those at a document's start and end are dropped, and so are documents without text. One thread.
 */
public final class DocumentReader implements Closeable {
    /** The line between two documents. */
    public static final String SEPARATOR = "<|endoftext|>";

    /** Characters after which a piece ends with the line. */
    static final int PIECE = 1 << 16;

    private final BufferedReader in;
    private final StringBuilder line = new StringBuilder();
    private boolean lineStarts = true; // the next chunk begins a line
    private boolean lineEnds; // the last chunk ended its line
    private boolean documentEnds = true;
    private boolean corpusEnds;
    private int pendingLineEnds;
    private @Nullable String first;

    /** Takes over the reader. */
    public DocumentReader(Reader in) {
        this.in = new BufferedReader(in);
    }

    /**
     * Goes to the next document, past what is left of this one.
     *
     * @return whether there is one
     * @throws java.nio.charset.CharacterCodingException if the text is not in its encoding
     */
    public boolean next() throws IOException {
        first = null;
        while (!documentEnds) {
            read();
        }
        while (first == null && !corpusEnds) {
            documentEnds = false;
            pendingLineEnds = -1;
            first = read();
        }
        return first != null;
    }

    /**
     * The next piece of the document; the pieces together are its text. All but the last end with a line, unless a line is longer
     * than a piece.
     *
     * @return not empty; null at the document's end
     * @throws java.nio.charset.CharacterCodingException if the text is not in its encoding
     */
    public @Nullable String piece() throws IOException {
        String piece = first;
        if (piece != null) {
            first = null;
            return piece;
        }
        return documentEnds ? null : read();
    }

    /** Null if the document has no more text. */
    private @Nullable String read() throws IOException {
        StringBuilder piece = new StringBuilder();
        while (piece.length() < PIECE) {
            boolean startsLine = lineStarts;
            if (!readChunk()) {
                corpusEnds = true;
                documentEnds = true;
                break;
            }
            if (startsLine && lineEnds && SEPARATOR.contentEquals(line)) {
                documentEnds = true;
                break;
            }
            append(piece);
        }
        return piece.isEmpty() ? null : piece.toString();
    }

    /** Line ends are held back until text follows; before the first text there are none. */
    private void append(StringBuilder piece) {
        if (!line.isEmpty()) {
            piece.repeat('\n', Math.max(pendingLineEnds, 0)).append(line);
            pendingLineEnds = 0;
        }
        if (lineEnds && pendingLineEnds >= 0) {
            pendingLineEnds++;
        }
    }

    /** Reads a line, or as much of it as a piece may have, without its end; false at the end of the corpus. */
    private boolean readChunk() throws IOException {
        line.setLength(0);
        int c = in.read();
        if (c < 0) {
            return false;
        }
        // A piece does not end within a surrogate pair.
        while (c >= 0 && c != '\n' && c != '\r' && (line.length() < PIECE || Character.isLowSurrogate((char) c))) {
            line.append((char) c);
            in.mark(1);
            c = in.read();
        }
        if (c == '\r') {
            in.mark(1);
            if (in.read() != '\n') {
                in.reset();
            }
        } else if (c >= 0 && c != '\n') {
            in.reset();
        }
        lineEnds = c < 0 || c == '\n' || c == '\r';
        lineStarts = lineEnds;
        return true;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
