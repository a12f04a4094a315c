package dev.sol.bindings;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The instruction set extensions of this machine, by their names in {@code /proc/cpuinfo} ({@code avx2}, {@code fma} …). */
final class CpuFeatures {
    static final Path PROC_CPUINFO = Path.of("/proc/cpuinfo");

    private CpuFeatures() {}

    /**
     * Reads the features that every processor of the machine has: a thread may run on any of them.
     *
     * @return empty when the file cannot be read or lists no features; then nothing can be said
     */
    static Optional<Set<String>> read(Path cpuinfo) {
        List<String> lines;
        try {
            lines = Files.readAllLines(cpuinfo, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return Optional.empty();
        }
        Set<String> common = null;
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon < 0) {
                continue;
            }
            String key = line.substring(0, colon).strip();
            if (!key.equals("flags") && !key.equals("Features")) { // x86 and Arm
                continue;
            }
            Set<String> features = new HashSet<>(
                    Arrays.asList(line.substring(colon + 1).strip().split("\\s+")));
            if (common == null) {
                common = features;
            } else {
                common.retainAll(features);
            }
        }
        return Optional.ofNullable(common);
    }

    /** Refuses a build that needs features which this machine lacks: running it would end in an illegal instruction. */
    static void require(List<String> needed, Set<String> available) {
        List<String> missing =
                needed.stream().filter(feature -> !available.contains(feature)).toList();
        if (!missing.isEmpty()) {
            throw new NativeLibraryException(
                    "The native library was built for a processor with " + String.join(", ", missing)
                            + ", which this machine lacks. Build it on this machine, or build it with -Dsol.native=portable for any x86-64"
                            + " processor with AVX2.");
        }
    }
}
