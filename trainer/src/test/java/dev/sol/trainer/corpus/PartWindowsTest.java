package dev.sol.trainer.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.runtime.RequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PartWindowsTest {
    private static final CharacterTokens PLAIN = new CharacterTokens();

    @TempDir
    Path folder;

    private TokenizedCorpus corpus(String... documents) throws IOException {
        Path file = Files.createTempFile(folder, "corpus", ".txt");
        Files.writeString(file, String.join("\n<|endoftext|>\n", documents));
        return TokenizedCorpus.open(
                new Corpus(file), PLAIN, "characters", TokenizedCorpus.Listener.NONE, folder.resolve("cache"));
    }

    /** Documents that are all in the part: text is added to their ends until they are. */
    private static String[] in(Part part, String... documents) {
        return Arrays.stream(documents)
                .map(document -> {
                    String text = document;
                    for (char c = 'A'; Part.of(TextHash.of(text)) != part; c++) {
                        text = document.substring(0, document.length() - 1) + c;
                    }
                    return text;
                })
                .toArray(String[]::new);
    }

    private static String text(int[] window) {
        return IntStream.of(window)
                .mapToObj(token -> token == CharacterTokens.SEPARATOR ? "|" : Character.toString(token))
                .collect(Collectors.joining());
    }

    private static List<String> all(PartWindows windows) {
        return LongStream.range(0, windows.count())
                .mapToObj(i -> text(windows.get(i)))
                .toList();
    }

    @Test
    void areCutAsThoseOfATextThatIsReadOnce() throws IOException {
        String[] documents = in(Part.TRAIN, "abcdefghij_", "kl_", "m_", "nopqrs_", "tu_", "v_", "wxyz_");
        for (int length = 2; length < 9; length++) {
            for (CharacterTokens tokenizer : List.of(PLAIN, new CharacterTokens('^'))) {
                try (TokenizedCorpus corpus = corpus(documents)) {
                    if (length - tokenizer.beginning().length < 1) {
                        continue;
                    }
                    PartWindows windows = new PartWindows(List.of(corpus), tokenizer, Part.TRAIN, length);
                    try (DocumentReader reader = corpus.corpus().open()) {
                        assertThat(all(windows))
                                .containsExactlyInAnyOrderElementsOf(
                                        Windows.cut(reader, tokenizer, length, Integer.MAX_VALUE).windows().stream()
                                                .map(PartWindowsTest::text)
                                                .toList());
                    }
                }
            }
        }
    }

    @Test
    void onlyOfTheirPart() throws IOException {
        String[] documents = new String[400];
        Arrays.setAll(documents, i -> "document %03d".formatted(i));
        Map<Part, Set<String>> found = new HashMap<>();
        try (TokenizedCorpus corpus = corpus(documents)) {
            for (Part part : Part.values()) {
                PartWindows windows = new PartWindows(List.of(corpus), PLAIN, part, 12);
                found.put(part, new HashSet<>(all(windows)));
            }
        }
        Set<String> union = new HashSet<>();
        found.values().forEach(union::addAll);
        assertThat(union).containsExactlyInAnyOrder(documents);
        assertThat(found.values().stream().mapToInt(Set::size).sum()).isEqualTo(400);
        assertThat(found.get(Part.VALIDATION)).isNotEmpty();
    }

    @Test
    void ofSeveralCorpora() throws IOException {
        try (TokenizedCorpus one = corpus(in(Part.TEST, "abcd_", "x_"));
                TokenizedCorpus other = corpus(in(Part.TEST, "efghijklmn_"))) {
            PartWindows windows = new PartWindows(List.of(one, other), PLAIN, Part.TEST, 5);
            assertThat(windows.count()).isEqualTo(3);
            assertThat(text(windows.get(1))).isEqualTo("efghi");
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> windows.get(3));
        }
    }

    @Test
    void anEmptyPartSaysWhatToDo() throws IOException {
        try (TokenizedCorpus corpus = corpus(in(Part.TRAIN, "abcdefgh_"))) {
            assertThatThrownBy(() -> new PartWindows(List.of(corpus), PLAIN, Part.VALIDATION, 4))
                    .isInstanceOf(RequestException.class)
                    .hasMessageContaining("validation part")
                    .hasMessageContaining("1 documents with 9 tokens")
                    .hasMessageContaining("<|endoftext|>");
        }
    }

    @Test
    void spreadOverThePart() throws IOException {
        try (TokenizedCorpus corpus = corpus(in(Part.TRAIN, "aabbccddeeffgghhiijj"))) {
            PartWindows windows = new PartWindows(List.of(corpus), PLAIN, Part.TRAIN, 2);
            assertThat(windows.spread(5).stream().map(PartWindowsTest::text))
                    .containsExactly("aa", "cc", "ee", "gg", "ii");
            assertThat(windows.spread(100)).hasSize(10);
        }
    }

    @Test
    void everyEpochHasEveryWindowOnceInAnOrderOfItsOwn() throws IOException {
        String[] documents = new String[50];
        Arrays.setAll(documents, i -> Character.toString('\u0100' + i).repeat(10 * (i % 7 + 1) - 1) + "_");
        try (TokenizedCorpus corpus = corpus(in(Part.TRAIN, documents))) {
            PartWindows windows = new PartWindows(List.of(corpus), PLAIN, Part.TRAIN, 10);
            ShuffledWindows shuffled = new ShuffledWindows(windows, 1);
            ShuffledWindows again = new ShuffledWindows(windows, 1);
            ShuffledWindows other = new ShuffledWindows(windows, 2);
            int n = (int) windows.count();
            List<List<String>> epochs = new ArrayList<>();
            for (int epoch = 0; epoch < 3; epoch++) {
                List<String> seen = new ArrayList<>();
                for (long place = (long) epoch * n; place < (epoch + 1L) * n; place++) {
                    seen.add(text(shuffled.get(place)));
                }
                // every document fills its windows wholly, so that nothing shifts
                assertThat(seen).containsExactlyInAnyOrderElementsOf(all(windows));
                epochs.add(seen);
            }
            assertThat(epochs.get(0)).isNotEqualTo(epochs.get(1));
            assertThat(epochs.get(0)).isNotEqualTo(all(windows));
            // from any place, in any order
            for (long place : new long[] {2L * n + 3, 5, n, 0, 1L << 48}) {
                assertThat(again.get(place)).isEqualTo(shuffled.get(place));
            }
            assertThat(text(again.get(5))).isEqualTo(epochs.get(0).get(5));
            assertThat(text(again.get(5, 4))).isEqualTo(epochs.get(0).get(5).substring(0, 4));
            assertThat(IntStream.range(0, n)
                            .filter(i -> Arrays.equals(other.get(i), shuffled.get(i)))
                            .count())
                    .isLessThan(n / 2);
        }
    }

    @Test
    void noTokenIsLeftOutForEver() throws IOException {
        try (TokenizedCorpus corpus = corpus(in(Part.TRAIN, "abcdefghijklmno", "x_", "y_", "zz_"))) {
            ShuffledWindows windows = new ShuffledWindows(new PartWindows(List.of(corpus), PLAIN, Part.TRAIN, 8), 3);
            Set<Integer> seen = new HashSet<>();
            for (long place = 0; place < 200; place++) {
                IntStream.of(windows.get(place)).forEach(seen::add);
            }
            assertThat(seen).contains((int) 'a', (int) 'n', (int) 'x', (int) 'y', (int) 'z', 0);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 63, 64, 65, 1000, 4097})
    void aShuffleIsAPermutation(long n) {
        Random random = new Random(n);
        for (int i = 0; i < 5; i++) {
            Shuffle shuffle = new Shuffle(n, random.nextLong());
            assertThat(LongStream.range(0, n).map(shuffle::at).sorted().toArray())
                    .isEqualTo(LongStream.range(0, n).toArray());
        }
    }

    /** Each number is about equally often everywhere: over 4,000 seeds the first place has each of 8 numbers 500 ± 21 times. */
    @Test
    void aShuffleIsFair() {
        int[] counts = new int[8];
        for (int seed = 0; seed < 4000; seed++) {
            counts[(int) new Shuffle(8, seed).at(0)]++;
        }
        assertThat(counts)
                .satisfies(all -> assertThat(IntStream.of(all).boxed()).allMatch(c -> c > 400 && c < 600));
    }
}
