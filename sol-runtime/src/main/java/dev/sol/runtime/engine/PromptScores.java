package dev.sol.runtime.engine;

import dev.sol.runtime.Utf8Stream;
import java.util.ArrayList;
import java.util.List;

/** What the model thought of the tokens of a prompt, read while that is computed. For one completion. */
final class PromptScores {
    private final Decoder decoder;
    private final int[] prompt;
    private final LogitsReader logits;
    private final List<TokenLogprobs> scores = new ArrayList<>();

    PromptScores(Decoder decoder, int[] prompt, LogitsReader logits) {
        this.decoder = decoder;
        this.prompt = prompt;
        this.logits = logits;
    }

    /**
     * Reads what follows the tokens {@code from} … {@code to} - 1 of the prompt.
     *
     * @param last the index of the last of them in the batch, where they stand one after the other
     */
    void read(int from, int to, int last) {
        for (int next = from + 1; next <= to && next < prompt.length; next++) {
            scores.add(logits.read(last - (to - next), prompt[next]));
        }
    }

    void clear() {
        scores.clear();
    }

    /** The tokens, as far as they were read; nothing comes before the first, so nothing was thought of it. */
    List<TraceEntry> entries() {
        List<TraceEntry> entries = new ArrayList<>();
        Utf8Stream characters = new Utf8Stream();
        for (int i = 0; i <= scores.size(); i++) {
            String text = characters.add(decoder.bytes(prompt[i], false));
            entries.add(new TraceEntry(prompt[i], text, null, i == 0 ? null : scores.get(i - 1)));
        }
        String rest = characters.finish();
        entries.add(entries.removeLast().withMore(rest));
        return entries;
    }
}
