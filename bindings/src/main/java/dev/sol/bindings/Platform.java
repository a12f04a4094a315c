package dev.sol.bindings;

import java.util.Locale;

/**
 * An operating system and a processor architecture for which native libraries are built.
 *
 * @param os {@code linux}, {@code macos} or {@code windows}
 * @param arch {@code x86_64} or {@code aarch64}
 */
record Platform(String os, String arch) {

    /** The platform of this process. */
    static Platform current() {
        return of(System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    /** Translates the values of {@code os.name} and {@code os.arch}. */
    static Platform of(String osName, String osArch) {
        String name = osName.toLowerCase(Locale.ROOT);
        String os;
        if (name.startsWith("linux")) {
            os = "linux";
        } else if (name.startsWith("mac")) {
            os = "macos";
        } else if (name.startsWith("windows")) {
            os = "windows";
        } else {
            throw unsupported(osName, osArch);
        }
        return switch (osArch.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> new Platform(os, "x86_64");
            case "aarch64", "arm64" -> new Platform(os, "aarch64");
            default -> throw unsupported(osName, osArch);
        };
    }

    boolean isLinux() {
        return os.equals("linux");
    }

    /** The name of the folder that holds the platform's libraries: {@code linux-x86_64}. */
    String folder() {
        return os + "-" + arch;
    }

    private static NativeLibraryException unsupported(String osName, String osArch) {
        return new NativeLibraryException("SOL has no native library for " + osName + " on " + osArch
                + ". It runs on 64-bit Linux, macOS and Windows, on x86_64 and aarch64.");
    }
}
