package dev.sol.runtime.cli;

import dev.sol.runtime.RequestException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The prompt, from an argument or the standard input. */
final class PromptText {
    private PromptText() {}

    /**
     * @param argument the prompt, or {@code -} for all that {@code input} has
     * @throws RequestException if the text cannot be decoded
     */
    static String of(String argument, InputStream input) throws IOException {
        if (argument.equals("-")) {
            return read(input);
        }
        // Java has decoded the arguments by the locale; where that is plain ASCII, anything else is lost.
        if (argument.indexOf('\uFFFD') >= 0 && !"UTF-8".equals(System.getProperty("sun.jnu.encoding"))) {
            throw RequestException.invalid(
                    "prompt",
                    "the prompt has characters that this locale cannot pass on: set LC_ALL=C.UTF-8, or give it on standard"
                            + " input (--prompt -)");
        }
        return argument;
    }

    private static String read(InputStream input) throws IOException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(input.readAllBytes()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw RequestException.invalid("prompt", "the standard input is not UTF-8 text");
        }
    }
}
