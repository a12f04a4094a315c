package dev.sol.runtime.engine;

import dev.sol.runtime.Utf8Stream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * From the bytes of the generated tokens to the text that a listener sees, and the tokens that it sees with it. For one completion.
 */
final class OutputText {
    /**
     * A token that was not shown yet.
     *
     * @param start characters before its own
     * @param end characters up to its last one
     * @param within whether another one has begun then
     */
    private record Held(TraceEntry token, int start, int end, boolean within) {}

    private final CompletionListener listener;
    private final Utf8Stream characters = new Utf8Stream();
    private final StopStrings stops;
    private final StringBuilder shown = new StringBuilder();
    private final Deque<Held> held = new ArrayDeque<>();
    private final @Nullable List<TraceEntry> tokens;
    private int length;

    /** @param keepTokens whether {@link #tokens} is asked for */
    OutputText(List<String> stops, CompletionListener listener, boolean keepTokens) {
        this.stops = new StopStrings(stops);
        this.listener = listener;
        this.tokens = keepTokens ? new ArrayList<>() : null;
    }

    /** The characters that a token completes. The token itself is still to be {@link #add added}. */
    String decode(byte[] bytes) {
        return characters.add(bytes);
    }

    /** Adds a token with the characters that it completes. */
    void add(TraceEntry token) {
        int start = length;
        length += token.text().length();
        held.add(new Held(token, start, length, characters.isWithinCharacter()));
        show(stops.add(token.text()), false);
    }

    /** Shows what was held back, and returns what is left of an unfinished character. */
    String finish() {
        String rest = characters.finish();
        if (!rest.isEmpty() && !held.isEmpty()) {
            Held last = held.removeLast();
            held.add(new Held(last.token().withMore(rest), last.start(), last.end() + rest.length(), false));
        }
        String text = stops.add(rest);
        show(text + stops.finish(), true);
        return rest;
    }

    boolean stopped() {
        return stops.stopped();
    }

    /** What was shown. */
    String shown() {
        return shown.toString();
    }

    /** The tokens that were shown; null unless they were to be kept. */
    @Nullable List<TraceEntry> tokens() {
        return tokens;
    }

    private void show(String text, boolean all) {
        shown.append(text);
        List<TraceEntry> complete = complete(all);
        if (tokens != null) {
            tokens.addAll(complete);
        }
        if (!text.isEmpty() || !complete.isEmpty()) {
            listener.onOutput(text, complete);
        }
    }

    /** Without a stop string all tokens are shown in the end; with one, those of which something is. */
    private List<TraceEntry> complete(boolean all) {
        List<TraceEntry> complete = new ArrayList<>(held.size());
        while (!held.isEmpty() && (all ? isVisible(held.element()) : isComplete(held.element()))) {
            complete.add(held.remove().token());
        }
        return complete;
    }

    private boolean isComplete(Held token) {
        return token.end() + (token.within() ? 1 : 0) <= shown.length();
    }

    private boolean isVisible(Held token) {
        return !stops.stopped() || token.start() < shown.length();
    }
}
