package dev.sol.runtime.engine;

import java.util.List;

/**
 * Ends a text before the stop string that is complete first (of several at once: before the one that starts first), and holds
 * back what may be the start of one. However the text is cut, the result is the same. For one thread.
 */
public final class StopStrings {
    private final List<String> stops;
    private String held = "";
    private boolean stopped;

    /** @param stops none may be empty */
    public StopStrings(List<String> stops) {
        if (stops.contains("")) {
            throw new IllegalArgumentException("a stop string is empty");
        }
        this.stops = List.copyOf(stops);
    }

    /** Takes more of the text, and returns what can be shown now; nothing after a stop string. */
    public String add(String text) {
        if (stopped) {
            return "";
        }
        String all = held + text;
        int start = find(all);
        if (start >= 0) {
            stopped = true;
            held = "";
            return all.substring(0, start);
        }
        int safe = all.length() - heldLength(all);
        held = all.substring(safe);
        return all.substring(0, safe);
    }

    /** The text has ended without a stop string: what was held back. */
    public String finish() {
        String rest = held;
        held = "";
        return rest;
    }

    /** Whether a stop string was found. */
    public boolean stopped() {
        return stopped;
    }

    private int find(String text) {
        int start = -1;
        int end = Integer.MAX_VALUE;
        for (String stop : stops) {
            int i = text.indexOf(stop);
            if (i >= 0 && (i + stop.length() < end || (i + stop.length() == end && i < start))) {
                start = i;
                end = i + stop.length();
            }
        }
        return start;
    }

    /** The length of the longest end of {@code text} that a stop string begins with. */
    private int heldLength(String text) {
        int longest = 0;
        for (String stop : stops) {
            for (int n = Math.min(stop.length() - 1, text.length()); n > longest; n--) {
                if (text.regionMatches(text.length() - n, stop, 0, n)) {
                    longest = n;
                }
            }
        }
        return longest;
    }
}
