package dev.sol.trainer.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DocumentReaderTest {

    private static List<String> pieces(DocumentReader reader) throws IOException {
        List<String> pieces = new ArrayList<>();
        for (String piece = reader.piece(); piece != null; piece = reader.piece()) {
            pieces.add(piece);
        }
        return pieces;
    }

    private static List<String> documents(String text) throws IOException {
        List<String> documents = new ArrayList<>();
        try (DocumentReader reader = new DocumentReader(new StringReader(text))) {
            while (reader.next()) {
                documents.add(String.join("", pieces(reader)));
            }
            assertThat(reader.next()).isFalse();
            assertThat(reader.piece()).isNull();
        }
        return documents;
    }

    @Test
    void separatorsAreWholeLines() throws IOException {
        assertThat(documents("one\ntwo\n<|endoftext|>\nthree <|endoftext|>\n<|endoftext|> four\n<|endoftext|>"))
                .containsExactly("one\ntwo", "three <|endoftext|>\n<|endoftext|> four");
    }

    @Test
    void lineEndsAroundADocumentAreDroppedAndOthersKept() throws IOException {
        assertThat(documents("\n\none\n\n\ntwo\n\n<|endoftext|>\n\n  three\n"))
                .containsExactly("one\n\n\ntwo", "  three");
    }

    @Test
    void lineEndsOfOtherSystems() throws IOException {
        assertThat(documents("one\r\ntwo\r\n<|endoftext|>\r\nthree\rfour\r\r\nfive"))
                .containsExactly("one\ntwo", "three\nfour\n\nfive");
    }

    @Test
    void documentsWithoutTextAreNone() throws IOException {
        assertThat(documents("")).isEmpty();
        assertThat(documents("\n\n<|endoftext|>\n<|endoftext|>\n\n")).isEmpty();
        assertThat(documents("<|endoftext|>\n<|endoftext|>\none\n<|endoftext|>\n\n<|endoftext|>"))
                .containsExactly("one");
    }

    @Test
    void aLongDocumentComesInPiecesThatEndWithLines() throws IOException {
        String line = "x".repeat(999) + "\n";
        String text = line.repeat(300).stripTrailing();

        try (DocumentReader reader = new DocumentReader(new StringReader(text + "\n<|endoftext|>\nend"))) {
            assertThat(reader.next()).isTrue();
            List<String> pieces = pieces(reader);
            assertThat(pieces)
                    .hasSizeGreaterThan(3)
                    .allSatisfy(piece -> assertThat(piece.length()).isBetween(1, DocumentReader.PIECE + 1000));
            assertThat(pieces.subList(1, pieces.size())).allMatch(piece -> piece.startsWith("\nx"));
            assertThat(String.join("", pieces)).isEqualTo(text);
            assertThat(reader.next()).isTrue();
            assertThat(pieces(reader)).containsExactly("end");
        }
    }

    /** An odd character before the pairs puts a pair across the end of every piece. */
    @Test
    void aLongLineIsCutBetweenCharacters() throws IOException {
        String text = "x" + "\uD83D\uDE00".repeat(DocumentReader.PIECE);

        try (DocumentReader reader = new DocumentReader(new StringReader(text))) {
            assertThat(reader.next()).isTrue();
            List<String> pieces = pieces(reader);
            assertThat(pieces)
                    .hasSizeGreaterThan(1)
                    .allSatisfy(piece -> assertThat(piece.length()).isLessThanOrEqualTo(DocumentReader.PIECE + 1));
            assertThat(pieces).noneMatch(piece -> Character.isLowSurrogate(piece.charAt(0)));
            assertThat(String.join("", pieces)).isEqualTo(text);
        }
    }

    @Test
    void whatIsLeftOfADocumentIsSkipped() throws IOException {
        String text = "long\n".repeat(100_000) + "<|endoftext|>\nshort\n<|endoftext|>\nlast";

        try (DocumentReader reader = new DocumentReader(new StringReader(text))) {
            assertThat(reader.next()).isTrue();
            assertThat(reader.piece()).startsWith("long");
            assertThat(reader.next()).isTrue();
            assertThat(reader.next()).isTrue();
            assertThat(reader.piece()).isEqualTo("last");
        }
    }
}
