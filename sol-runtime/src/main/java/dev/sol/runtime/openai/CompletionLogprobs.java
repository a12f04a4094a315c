package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.engine.TokenLogprobs;
import dev.sol.runtime.engine.TraceEntry;
import java.util.List;

/** {@code logprobs} in the shape of {@code /v1/completions}: columns. Counts on where in its text a choice is. */
final class CompletionLogprobs {
    private final TokenText texts;
    private int offset;

    CompletionLogprobs(TokenText texts) {
        this.texts = texts;
    }

    /** The next tokens. Offsets are in Unicode characters, as in Python, where they come from. */
    ObjectNode next(List<TraceEntry> tokens) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        ArrayNode names = node.putArray("tokens");
        ArrayNode logprobs = node.putArray("token_logprobs");
        ArrayNode tops = node.putArray("top_logprobs");
        ArrayNode offsets = node.putArray("text_offset");
        for (TraceEntry entry : tokens) {
            names.add(texts.text(entry.token()));
            offsets.add(offset);
            offset += entry.text().codePointCount(0, entry.text().length());
            TokenLogprobs values = entry.logprobs();
            if (values == null) { // the first of a prompt
                logprobs.addNull();
                tops.addNull();
            } else {
                logprobs.add(Figures.rounded(values.logprob()));
                ObjectNode top = tops.addObject();
                values.top().forEach(other -> top.put(texts.text(other.token()), Figures.rounded(other.logprob())));
            }
        }
        return node;
    }
}
