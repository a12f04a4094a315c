package dev.sol.bindings;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * The file {@code native.properties} that lies beside the shared libraries of one platform.
 *
 * @param libraries file names in the order in which they are loaded
 * @param cpuFeatures features the build needs, by their names in {@code /proc/cpuinfo}
 * @param sha256 the hash of each library, in lower-case hexadecimal digits
 * @param build what was built, for messages
 * @param text the file itself, one char for each byte
 */
record NativeManifest(
        List<String> libraries, List<String> cpuFeatures, Map<String, String> sha256, String build, String text) {
    static final String FILE_NAME = "native.properties";

    /**
     * @param origin where the bytes came from, for messages
     * @throws NativeLibraryException if the manifest is incomplete
     */
    static NativeManifest parse(byte[] bytes, String origin) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(text));
        } catch (IOException | IllegalArgumentException e) {
            throw damaged(origin, "it cannot be parsed", e);
        }
        List<String> libraries = list(properties, "libraries");
        if (libraries.isEmpty()) {
            throw damaged(origin, "it names no libraries", null);
        }
        Map<String, String> sha256 = new HashMap<>();
        for (String library : libraries) {
            if (library.contains("/") || library.contains("\\") || library.startsWith(".")) {
                throw damaged(origin, "'" + library + "' is not a file name", null);
            }
            String hash = properties.getProperty("sha256." + library);
            if (hash == null || !hash.strip().matches("[0-9a-f]{64}")) {
                throw damaged(origin, "it has no sha256." + library, null);
            }
            sha256.put(library, hash.strip());
        }
        return new NativeManifest(
                libraries,
                list(properties, "cpu-features"),
                Map.copyOf(sha256),
                properties.getProperty("build", "unknown").strip(),
                text);
    }

    byte[] bytes() {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The hash of the library {@code name}. */
    String sha256(String name) {
        String hash = sha256.get(name);
        if (hash == null) {
            throw new IllegalArgumentException(name);
        }
        return hash;
    }

    private static List<String> list(Properties properties, String key) {
        return Arrays.stream(properties.getProperty(key, "").split(","))
                .map(String::strip)
                .filter(item -> !item.isEmpty())
                .toList();
    }

    private static NativeLibraryException damaged(String origin, String why, @Nullable Throwable cause) {
        return new NativeLibraryException(
                "The native library's manifest " + origin + " is damaged: " + why
                        + ". Build the module native-llama again.",
                cause);
    }
}
