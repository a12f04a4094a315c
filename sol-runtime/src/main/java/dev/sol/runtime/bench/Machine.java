package dev.sol.runtime.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * What it was measured on.
 *
 * @param cpu its name
 * @param processors that this process may use
 * @param memory bytes; 0 if unknown
 * @param system name and version of the operating system
 * @param java the virtual machine
 */
record Machine(String cpu, int processors, long memory, String system, String java) {
    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
    private static final Path MEMORY_INFO = Path.of("/proc/meminfo");
    private static final long KIB = 1024;

    static Machine here() {
        return new Machine(
                cpuName(read(CPU_INFO)),
                Runtime.getRuntime().availableProcessors(),
                memory("MemTotal", read(MEMORY_INFO)).orElse(0),
                property("os.name") + " " + property("os.version") + " " + property("os.arch"),
                property("java.vm.name") + " " + property("java.vm.version"));
    }

    /** Bytes that programs can still get; empty if unknown. */
    static OptionalLong availableMemory() {
        return memory("MemAvailable", read(MEMORY_INFO));
    }

    /** @param cpuInfo the text of Linux's file; an empty one gives the architecture */
    static String cpuName(String cpuInfo) {
        return cpuInfo.lines()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElseGet(() -> property("os.arch"));
    }

    /** @param memoryInfo the text of Linux's file */
    static OptionalLong memory(String key, String memoryInfo) {
        return memoryInfo
                .lines()
                .filter(line -> line.startsWith(key + ":"))
                .map(line -> line.replaceAll("\\D", ""))
                .filter(digits -> !digits.isEmpty())
                .mapToLong(digits -> Long.parseLong(digits) * KIB)
                .findFirst();
    }

    /** One line. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%s, %d processors%s, %s, %s",
                cpu,
                processors,
                memory == 0 ? "" : String.format(Locale.ROOT, ", %.1f GiB", memory / (double) (1L << 30)),
                system,
                java);
    }

    private static String property(String name) {
        return System.getProperty(name, "");
    }

    /** The content; nothing where there is no such file. */
    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}
