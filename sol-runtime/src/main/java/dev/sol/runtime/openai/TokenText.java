package dev.sol.runtime.openai;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The text of a token; its bytes need not be whole characters. */
@FunctionalInterface
public interface TokenText {
    /** The bytes of one token. */
    byte[] bytes(int token);

    /** Its characters; of bytes that are none, {@code bytes:\xe2\x80}, as OpenAI writes them. */
    default String text(int token) {
        byte[] bytes = bytes(token);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            StringBuilder text = new StringBuilder("bytes:");
            for (byte b : bytes) {
                text.append(String.format(Locale.ROOT, "\\x%02x", b));
            }
            return text.toString();
        }
    }
}
