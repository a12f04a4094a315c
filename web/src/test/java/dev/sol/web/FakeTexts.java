package dev.sol.web;

import java.nio.charset.StandardCharsets;
import java.util.stream.IntStream;

/** Characters are tokens; with special ones there is a 1 before them. */
final class FakeTexts implements Texts {
    @Override
    public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
        return IntStream.concat(addSpecial ? IntStream.of(1) : IntStream.empty(), text.codePoints())
                .toArray();
    }

    @Override
    public String decode(int... tokens) {
        return new String(tokens, 0, tokens.length);
    }

    @Override
    public byte[] bytes(int token, boolean special) {
        return Character.toString(token).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public int size() {
        return 0x10000;
    }
}
