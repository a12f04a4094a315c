package dev.sol.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StopStringsTest {
    @Test
    void withoutStopStringsEverythingPasses() {
        StopStrings stops = new StopStrings(List.of());

        assertThat(stops.add("abc")).isEqualTo("abc");
        assertThat(stops.finish()).isEmpty();
        assertThat(stops.stopped()).isFalse();
    }

    @Test
    void whatMayBecomeAStopStringIsHeldBack() {
        StopStrings stops = new StopStrings(List.of("</s>"));

        assertThat(stops.add("a</")).isEqualTo("a");
        assertThat(stops.add("s")).isEmpty();
        assertThat(stops.add("x")).isEqualTo("</sx");
        assertThat(stops.add("<")).isEmpty();
        assertThat(stops.finish()).isEqualTo("<");
        assertThat(stops.stopped()).isFalse();
    }

    @Test
    void nothingFollowsAStopString() {
        StopStrings stops = new StopStrings(List.of("\n\n"));

        assertThat(stops.add("one\n")).isEqualTo("one");
        assertThat(stops.add("\ntwo")).isEmpty();
        assertThat(stops.stopped()).isTrue();
        assertThat(stops.add("three")).isEmpty();
        assertThat(stops.finish()).isEmpty();
    }

    @Test
    void aStopStringThatRepeatsItsStart() {
        StopStrings stops = new StopStrings(List.of("aab"));

        assertThat(stops.add("aa")).isEmpty();
        assertThat(stops.add("a")).isEqualTo("a");
        assertThat(stops.add("b")).isEmpty();
        assertThat(stops.stopped()).isTrue();
    }

    @Test
    void theOneThatIsCompleteFirstWins() {
        StopStrings stops = new StopStrings(List.of("abcd", "bc"));

        assertThat(stops.add("xabcd")).isEqualTo("xa");
    }

    @Test
    void ofTwoThatAreCompleteTogetherTheLongerOneWins() {
        StopStrings stops = new StopStrings(List.of("c", "abc"));

        assertThat(stops.add("xabc")).isEqualTo("x");
    }

    @Test
    void anEmptyOneIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new StopStrings(List.of("a", "")));
    }

    /** Against the definition, on texts of few letters, where stop strings overlap all the time. */
    @Test
    void everyWayToCutTheTextShowsTheSame() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(3);
        for (int run = 0; run < 5_000; run++) {
            List<String> strings = IntStream.rangeClosed(1, random.nextInt(1, 4))
                    .mapToObj(_ -> letters(random, random.nextInt(1, 5)))
                    .toList();
            String text = letters(random, random.nextInt(0, 14));
            String expected = text.substring(0, endOf(text, strings));

            StopStrings stops = new StopStrings(strings);
            StringBuilder shown = new StringBuilder();
            List<String> pieces = new ArrayList<>();
            for (int from = 0; from < text.length(); ) {
                int to = random.nextInt(from, text.length()) + 1;
                pieces.add(text.substring(from, to));
                shown.append(stops.add(pieces.getLast()));
                assertThat(expected).as("%s in %s", strings, pieces).startsWith(shown.toString());
                from = to;
            }
            shown.append(stops.finish());

            assertThat(shown).as("%s in %s", strings, pieces).hasToString(expected);
            assertThat(stops.stopped()).isEqualTo(!expected.equals(text) || endsAtOnce(text, strings));
        }
    }

    private static String letters(RandomGenerator random, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) ('a' + random.nextInt(2)));
        }
        return text.toString();
    }

    /** Where the text ends: reads it letter by letter until it ends with a stop string. */
    private static int endOf(String text, List<String> strings) {
        for (int end = 1; end <= text.length(); end++) {
            String soFar = text.substring(0, end);
            int longest = strings.stream()
                    .filter(soFar::endsWith)
                    .mapToInt(String::length)
                    .max()
                    .orElse(0);
            if (longest > 0) {
                return end - longest;
            }
        }
        return text.length();
    }

    private static boolean endsAtOnce(String text, List<String> strings) {
        return strings.stream().anyMatch(text::contains);
    }
}
