package dev.sol.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Utf8StreamTest {
    private static final String MULTILINGUAL =
            "Aé ß Ωμέγα Привет 你好，世界 नमस्ते שלום مرحبا 🙂👩‍👩‍👧 𝄞 ﷽ \u0000\uFFFD.";

    @Test
    void everyCutInTwoGivesWholeCharacters() {
        byte[] bytes = MULTILINGUAL.getBytes(UTF_8);

        for (int cut = 0; cut <= bytes.length; cut++) {
            Utf8Stream stream = new Utf8Stream();
            String first = stream.add(Arrays.copyOf(bytes, cut));
            String second = stream.add(Arrays.copyOfRange(bytes, cut, bytes.length));

            assertThat(MULTILINGUAL).as("cut at %d", cut).startsWith(first);
            assertThat(first.codePoints().noneMatch(c -> c >= 0xD800 && c <= 0xDFFF))
                    .isTrue();
            assertThat(first + second).as("cut at %d", cut).isEqualTo(MULTILINGUAL);
            assertThat(stream.finish()).isEmpty();
        }
    }

    @Test
    void byteByByte() {
        Utf8Stream stream = new Utf8Stream();
        StringBuilder text = new StringBuilder();
        for (byte b : MULTILINGUAL.getBytes(UTF_8)) {
            text.append(stream.add(new byte[] {b}));
        }

        assertThat(text.append(stream.finish())).hasToString(MULTILINGUAL);
    }

    /** Truncated, overlong, surrogates, beyond U+10FFFF, stray continuations, in every cut in three. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "c3",
                "e282",
                "f09f99",
                "c328",
                "e28228",
                "f09f9941",
                "c0af",
                "e0809f",
                "eda080",
                "f4908080",
                "80",
                "bfbf",
                "ff",
                "fe41",
                "f09f99e282ac",
                "e2e282ac",
                "41c3c3a9",
                "f8888080",
                "e282e282ac80"
            })
    void damagedBytesAreReplacedAsJavaDoes(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        String expected = new String(bytes, UTF_8);

        for (int i = 0; i <= bytes.length; i++) {
            for (int j = i; j <= bytes.length; j++) {
                Utf8Stream stream = new Utf8Stream();
                String text = stream.add(Arrays.copyOf(bytes, i))
                        + stream.add(Arrays.copyOfRange(bytes, i, j))
                        + stream.add(Arrays.copyOfRange(bytes, j, bytes.length))
                        + stream.finish();

                assertThat(text).as("%s cut at %d and %d", hex, i, j).isEqualTo(expected);
            }
        }
    }

    @Test
    void randomBytesInRandomPieces() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
        for (int run = 0; run < 2_000; run++) {
            byte[] bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            for (int i = 0; i < bytes.length; i++) { // more often something like UTF-8
                bytes[i] = random.nextBoolean() ? bytes[i] : (byte) (0x80 | (bytes[i] & 0x3F));
            }
            Utf8Stream stream = new Utf8Stream();
            StringBuilder text = new StringBuilder();
            for (int from = 0; from < bytes.length; ) {
                int to = random.nextInt(from, bytes.length) + 1;
                text.append(stream.add(Arrays.copyOfRange(bytes, from, to)));
                from = to;
            }
            text.append(stream.finish());

            assertThat(text).as("%s", HexFormat.of().formatHex(bytes)).hasToString(new String(bytes, UTF_8));
        }
    }

    @Test
    void invalidBytesAreReplacedAsSoonAsThatIsCertain() {
        Utf8Stream stream = new Utf8Stream();

        assertThat(stream.add(new byte[] {(byte) 0xF0, (byte) 0x9F})).isEmpty(); // may become an emoji
        assertThat(stream.add(new byte[] {'A'})).isEqualTo("\uFFFDA"); // cannot any more
        assertThat(stream.add(new byte[] {(byte) 0xFF})).isEqualTo("\uFFFD"); // begins nothing
    }

    @Test
    void canBeUsedAgainAfterAnUnfinishedText() {
        Utf8Stream stream = new Utf8Stream();
        stream.add(new byte[] {(byte) 0xE2, (byte) 0x82});

        assertThat(stream.finish()).isEqualTo("\uFFFD");
        assertThat(stream.add("€".getBytes(UTF_8))).isEqualTo("€");
        assertThat(stream.finish()).isEmpty();
    }
}
