package dev.sol.runtime;

import java.util.List;

/** From the bytes of the generated tokens to the text that a listener sees. For one completion. */
final class CompletionText {
    private final CompletionListener listener;
    private final Utf8Stream characters = new Utf8Stream();
    private final StopStrings stops;
    private final StringBuilder shown = new StringBuilder();

    CompletionText(List<String> stops, CompletionListener listener) {
        this.stops = new StopStrings(stops);
        this.listener = listener;
    }

    /** Adds the bytes of a token and returns the characters that they complete. */
    String add(byte[] bytes) {
        String text = characters.add(bytes);
        show(stops.add(text));
        return text;
    }

    /** Shows what was held back, and returns what is left of an unfinished character. */
    String finish() {
        String rest = characters.finish();
        show(stops.add(rest));
        show(stops.finish());
        return rest;
    }

    boolean stopped() {
        return stops.stopped();
    }

    /** What was shown. */
    String shown() {
        return shown.toString();
    }

    private void show(String text) {
        if (!text.isEmpty()) {
            shown.append(text);
            listener.onText(text);
        }
    }
}
