package dev.sol.trainer.corpus;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** A document's name by its content: the first 8 bytes of the SHA-256 of its UTF-8 text, which comes in pieces. */
final class TextHash {
    private final MessageDigest digest = sha256();

    void add(String piece) {
        digest.update(piece.getBytes(StandardCharsets.UTF_8));
    }

    /** The hash, after which another text begins. */
    long finish() {
        return ByteBuffer.wrap(digest.digest()).getLong();
    }

    static long of(String text) {
        TextHash hash = new TextHash();
        hash.add(text);
        return hash.finish();
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}
