package dev.sol.web;

import dev.sol.runtime.RequestException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The keys that open the API; none: everybody may. Keeps their hashes only, of equal length, and compares them in constant time. */
final class ApiKeys {
    static final ApiKeys NONE = new ApiKeys(List.of());

    private final List<byte[]> hashes;

    private ApiKeys(List<byte[]> hashes) {
        this.hashes = hashes;
    }

    /**
     * Keys from the command line and from a file with one key in a line.
     *
     * @throws RequestException if the file cannot be read or has no key, or a key is blank
     */
    static ApiKeys of(List<String> keys, @Nullable Path file) {
        List<String> all = new ArrayList<>(keys);
        if (file != null) {
            List<String> lines =
                    lines(file).stream().filter(line -> !line.isBlank()).toList();
            if (lines.isEmpty()) {
                throw RequestException.invalid("api-key-file", "there is no key in " + file);
            }
            all.addAll(lines);
        }
        if (all.stream().anyMatch(String::isBlank)) {
            throw RequestException.invalid("api-key", "an API key must not be blank");
        }
        return new ApiKeys(all.stream().map(String::strip).map(ApiKeys::hash).toList());
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw RequestException.invalid("api-key-file", "cannot read the API keys in %s: %s".formatted(file, e));
        }
    }

    /** Whether keys are asked for at all. */
    boolean areWanted() {
        return !hashes.isEmpty();
    }

    /** Whether this is one of them. Takes equally long for each that is not. */
    boolean has(String key) {
        byte[] hash = hash(key);
        boolean found = false;
        for (byte[] known : hashes) {
            found |= MessageDigest.isEqual(known, hash);
        }
        return found;
    }

    private static byte[] hash(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}
