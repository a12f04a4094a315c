package dev.sol.runtime.bench;

import java.util.Locale;

/** Sizes as people read them. */
final class Bytes {
    private static final double MIB = 1 << 20;
    private static final double GIB = 1 << 30;

    private Bytes() {}

    static String text(long bytes) {
        return bytes < GIB
                ? String.format(Locale.ROOT, "%.0f MiB", bytes / MIB)
                : String.format(Locale.ROOT, "%.1f GiB", bytes / GIB);
    }
}
