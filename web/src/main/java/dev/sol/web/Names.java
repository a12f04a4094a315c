package dev.sol.web;

import java.util.Collection;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** Finds what somebody probably meant. */
final class Names {
    private static final int MOST_EDITS = 3;

    private Names() {}

    /** The name that differs least; null if all differ much. */
    static @Nullable String nearest(String name, Collection<String> known) {
        return known.stream()
                .filter(other -> edits(name, other) <= Math.min(MOST_EDITS, name.length() / 2))
                .min(Comparator.<String>comparingInt(other -> edits(name, other))
                        .thenComparing(other -> other))
                .orElse(null);
    }

    /** Levenshtein's distance. */
    private static int edits(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int same = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(same, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
