package dev.sol.runtime;

import dev.sol.policy.io.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The small model in this module's jar, of 2 million parameters and a context of 256 tokens, and the policy that was trained for it.
 * {@code MODEL_CARD.md} beside them has data, licence and figures. llama.cpp reads files only, so they are unpacked to {@code
 * $XDG_CACHE_HOME/sol/models} or {@code ~/.cache/sol/models}, in folders named by their content.
 */
public final class EmbeddedModel {
    /** The model's id in requests and responses. */
    public static final String ID = "sol-tiny-f16";

    /** The name of its policy. */
    public static final String POLICY = "learned";

    private static final String MODEL_FILE = ID + ".gguf";
    private static final String POLICY_FILE = POLICY + ".safetensors";

    private EmbeddedModel() {}

    /**
     * Unpacks the model unless that has been done.
     *
     * @throws EngineException if the cache folder cannot be written; the message says what to do
     */
    public static Path file() {
        return unpack(MODEL_FILE, cacheDirectory(System::getenv));
    }

    /**
     * Unpacks the policy unless that has been done. It is for the default knobs.
     *
     * @throws EngineException as {@link #file}
     */
    public static Path policy() {
        return unpack(POLICY_FILE, cacheDirectory(System::getenv));
    }

    /** By the XDG base directory specification, which ignores relative paths. */
    static Path cacheDirectory(UnaryOperator<@Nullable String> environment) {
        String xdg = environment.apply("XDG_CACHE_HOME");
        Path cache = xdg != null && Path.of(xdg).isAbsolute()
                ? Path.of(xdg)
                : Path.of(System.getProperty("user.home"), ".cache");
        return cache.resolve("sol").resolve("models");
    }

    static Path unpack(Path cache) {
        return unpack(MODEL_FILE, cache);
    }

    private static Path unpack(String name, Path cache) {
        byte[] content = content(name);
        Path directory = cache.resolve(sha256(content).substring(0, 32));
        Path file = directory.resolve(name);
        try {
            if (!isIntact(file, content)) {
                Files.createDirectories(directory);
                AtomicFile.writeShared(file, content); // several processes may find it missing
            }
            return file;
        } catch (IOException e) {
            throw new EngineException(
                    "Cannot unpack what comes with the program to " + file + ": " + e
                            + ". Set XDG_CACHE_HOME to a folder that can be written, or name a model file.",
                    e);
        }
    }

    private static boolean isIntact(Path file, byte[] content) throws IOException {
        return Files.isRegularFile(file)
                && Files.size(file) == content.length
                && Arrays.equals(Files.readAllBytes(file), content);
    }

    private static byte[] content(String name) {
        try (InputStream in = EmbeddedModel.class.getResourceAsStream("/dev/sol/model/" + name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing from the jar of sol-runtime");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new EngineException("Cannot read the embedded %s: %s".formatted(name, e), e);
        }
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}
