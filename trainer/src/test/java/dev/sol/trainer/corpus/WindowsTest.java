package dev.sol.trainer.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WindowsTest {
    private static final CharacterTokens PLAIN = new CharacterTokens();

    /** The windows as text, the separator as | and BOS as ^. */
    private static List<String> windows(TextTokenizer tokenizer, int length, int limit, String... documents)
            throws IOException {
        String text = String.join("\n<|endoftext|>\n", documents);
        try (DocumentReader reader = new DocumentReader(new StringReader(text))) {
            return Windows.cut(reader, tokenizer, length, limit).windows().stream()
                    .map(window -> IntStream.of(window)
                            .mapToObj(token -> token == CharacterTokens.SEPARATOR ? "|" : Character.toString(token))
                            .collect(Collectors.joining()))
                    .toList();
        }
    }

    @Test
    void aLongDocumentIsCutForItself() throws IOException {
        assertThat(windows(PLAIN, 4, 10, "abcdefghij", "ABCD")).containsExactly("abcd", "efgh", "ABCD");
    }

    @Test
    void shortDocumentsArePutTogether() throws IOException {
        assertThat(windows(PLAIN, 4, 10, "ab", "c", "def", "gh", "i"))
                .containsExactly("ab|c", "|def", "|gh|"); // i| does not fill one
    }

    @Test
    void longOnesAreNotMixedWithShortOnes() throws IOException {
        assertThat(windows(PLAIN, 4, 10, "ab", "ABCDEF", "cd", "GHIJ")).containsExactly("ABCD", "ab|c", "GHIJ");
    }

    @Test
    void everyWindowBeginsAsTheModelWants() throws IOException {
        assertThat(windows(new CharacterTokens('^'), 4, 10, "abcdefgh", "i", "j"))
                .containsExactly("^abc", "^def", "^i|j");
    }

    @Test
    void noMoreThanTheLimit() throws IOException {
        assertThat(windows(PLAIN, 2, 3, "abcdefgh", "ij")).containsExactly("ab", "cd", "ef");
        assertThat(windows(PLAIN, 4, 1, "ab", "c", "def", "gh", "i")).containsExactly("ab|c");
    }

    @Test
    void readsNoMoreThanItNeeds() throws IOException {
        String text = "abc\n".repeat(1_000_000);
        StringReader in = new StringReader(text);
        try (DocumentReader reader = new DocumentReader(in)) {
            Windows.Cut cut = Windows.cut(reader, PLAIN, 100, 2);

            assertThat(cut.windows()).hasSize(2);
            assertThat(cut.tokens()).isLessThan(2L * DocumentReader.PIECE);
            assertThat(in.skip(Long.MAX_VALUE)).isGreaterThan(text.length() / 2);
        }
    }

    @Test
    void aDocumentInSeveralPiecesIsOne() throws IOException {
        String text = "abcdefg\n".repeat(20_000).strip();

        List<String> windows = windows(PLAIN, 1000, Integer.MAX_VALUE, text);

        assertThat(String.join("", windows)).isEqualTo(text.substring(0, text.length() / 1000 * 1000));
    }

    @Test
    void lengthsThatHoldNothing() {
        assertThatIllegalArgumentException().isThrownBy(() -> windows(PLAIN, 1, 1, "a"));
    }
}
