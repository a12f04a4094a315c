package dev.sol.runtime.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AttendedPositionsTest {

    /** 4 sinks and a window of 2. */
    @ParameterizedTest
    @CsvSource({
        // page, κ, visible, attended
        "1, 1, 100, 100",
        "1, 0.5, 100, 50",
        "1, 0.5, 101, 51",
        "1, 0.05, 100, 7", // sinks, window, itself
        "1, 0.05, 5, 5",
        "1, 0.1, 70, 7", // not 8, though .1·70 is a little more than 7
        "16, 1, 100, 100",
        "16, 0.5, 100, 64", // 4 of 7 pages
        "16, 0.05, 100, 32", // the first page and the last
        "16, 0.05, 98, 48", // the window begins in the last page but one
        "16, 0.05, 16, 16",
        "16, 0.05, 1, 1",
    })
    void wholePagesWithTheForcedOnes(int page, double keep, int visible, int attended) {
        assertThat(new AttendedPositions(4, 2, page).of(keep, visible)).isEqualTo(attended);
    }

    @Test
    void withoutForcedPositionsTheTokenItselfStays() {
        assertThat(new AttendedPositions(0, 0, 1).of(0.05, 10)).isEqualTo(1);
        assertThat(new AttendedPositions(0, 0, 8).of(0.05, 17)).isEqualTo(8); // counted as a whole page
    }

    @Test
    void impossibleOnes() {
        assertThatThrownBy(() -> new AttendedPositions(4, 2, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new AttendedPositions(-1, 2, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
