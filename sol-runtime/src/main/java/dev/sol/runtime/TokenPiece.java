package dev.sol.runtime;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A token and what it stands for.
 *
 * @param token its id
 * @param bytes of the text; they need not be whole characters. The array belongs to the caller
 */
@SuppressWarnings("ArrayRecordComponent") // made to be read at once, never compared
public record TokenPiece(int token, byte[] bytes) {

    /** The text; empty if the bytes are not whole characters. */
    public Optional<String> text() {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }
}
