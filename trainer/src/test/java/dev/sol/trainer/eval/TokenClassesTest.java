package dev.sol.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenClassesTest {
    @ParameterizedTest
    @CsvSource(quoteCharacter = '"', textBlock = """
            " the",  word start
            "ing",   word part
            "'s",    word part
            " 1984", number
            "7",     number
            ".",     punctuation
            " —",    punctuation
            "  ",    space
            "\n",    space
            """)
    void forms(String piece, String form) {
        assertThat(TokenClasses.formOf(piece)).isEqualTo(form);
    }

    /** Token 1 is half of the text, 2 and 3 are 40 %, the others the rest. */
    @Test
    void frequencies() {
        TokenClasses classes =
                new TokenClasses(Integer::toString, List.of(new int[] {1, 1, 1, 1, 1}, new int[] {2, 2, 3, 3, 4}));
        assertThat(List.of(1, 2, 3, 4, 5))
                .extracting(classes::frequency)
                .containsExactly("common", "medium", "medium", "rare", "rare");
    }
}
