package dev.sol.runtime;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Assembles text from bytes that arrive in arbitrary pieces, as those of tokens do. Characters come out whole; bytes that are
 * no UTF-8 come out as U+FFFD as soon as no further byte can make them valid. However the bytes are cut, the pieces concatenate
 * to {@code new String(bytes, UTF_8)}. For one thread.
 */
public final class Utf8Stream {
    private static final int LONGEST = 4; // bytes of a character

    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private byte[] pending = new byte[0];

    /** An empty text. */
    public Utf8Stream() {}

    /** The characters that these bytes complete; may be empty. */
    public String add(byte[] bytes) {
        if (bytes.length == 0) {
            return "";
        }
        ByteBuffer in = ByteBuffer.allocate(pending.length + bytes.length)
                .put(pending)
                .put(bytes)
                .flip();
        return decode(in, false);
    }

    /** Whether a character has begun and is not complete. */
    public boolean isWithinCharacter() {
        return pending.length > 0;
    }

    /** What is left of an unfinished character: U+FFFD, or nothing. The stream can then be used for another text. */
    public String finish() {
        String rest = decode(ByteBuffer.wrap(pending), true);
        decoder.reset();
        return rest;
    }

    private String decode(ByteBuffer in, boolean end) {
        CharBuffer out = CharBuffer.allocate(in.remaining() + LONGEST); // never more characters than bytes
        CoderResult result = decoder.decode(in, out, end);
        if (end) {
            decoder.flush(out);
        }
        assert result.isUnderflow() : result;
        pending = new byte[in.remaining()];
        in.get(pending);
        return out.flip().toString();
    }
}
