package dev.sol.trainer.corpus;

import dev.sol.runtime.gguf.GgufFile;
import dev.sol.runtime.gguf.GgufValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** Which tokens a model makes of a text. Models that only differ in their weights share their tokens. */
public final class TokenizerFingerprint {
    private static final String PREFIX = "tokenizer.";
    private static final String TEMPLATE = "tokenizer.chat_template"; // says nothing about tokens

    private TokenizerFingerprint() {}

    /**
     * The SHA-256 of all that a GGUF says about its tokenizer, in hexadecimal.
     *
     * @param model of a split one: its first part
     * @throws IOException if it cannot be read
     */
    public static String of(Path model) throws IOException {
        try (GgufFile file = GgufFile.open(model)) {
            return of(file.metadata());
        }
    }

    static String of(Map<String, GgufValue> metadata) {
        MessageDigest digest = TextHash.sha256();
        new TreeMap<>(metadata).forEach((key, value) -> {
            if (key.startsWith(PREFIX) && !key.startsWith(TEMPLATE)) {
                add(digest, ByteBuffer.wrap(key.getBytes(StandardCharsets.UTF_8)));
                add(digest, value.content());
            }
        });
        return HexFormat.of().formatHex(digest.digest());
    }

    /** With its length, so that no two lists look alike. */
    private static void add(MessageDigest digest, ByteBuffer bytes) {
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.remaining()));
        digest.update(bytes);
    }
}
