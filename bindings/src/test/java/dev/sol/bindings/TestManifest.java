package dev.sol.bindings;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes a folder as native-llama does, with text files for libraries. */
final class TestManifest {
    static final String FIRST = "libfirst.so.0";
    static final String SECOND = "libsecond.so.0";

    private TestManifest() {}

    /** Two libraries in {@code folder}, and their manifest. */
    static NativeManifest of(Path folder, String cpuFeatures) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve(FIRST), "the first library");
        Files.writeString(folder.resolve(SECOND), "the second library".repeat(10_000));
        String text = """
                # comment
                libraries=%s,%s
                cpu-features=%s
                sha256.%s=%s
                sha256.%s=%s
                build=llama.cpp v0, portable
                """.formatted(
                        FIRST,
                        SECOND,
                        cpuFeatures,
                        FIRST,
                        Sha256.of(folder.resolve(FIRST)),
                        SECOND,
                        Sha256.of(folder.resolve(SECOND)));
        Files.writeString(folder.resolve(NativeManifest.FILE_NAME), text);
        return NativeManifest.parse(text.getBytes(StandardCharsets.ISO_8859_1), "test");
    }
}
