package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.engine.TokenLogprobs;
import dev.sol.runtime.engine.TraceEntry;
import java.util.List;

/** {@code logprobs} in the shape of {@code /v1/chat/completions}: rows. */
final class ChatLogprobs {
    private ChatLogprobs() {}

    static ObjectNode of(List<TraceEntry> tokens, TokenText texts) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        ArrayNode content = node.putArray("content");
        for (TraceEntry entry : tokens) {
            TokenLogprobs values = entry.logprobs();
            if (values != null) {
                ObjectNode row = row(entry.token(), values.logprob(), texts);
                ArrayNode top = row.putArray("top_logprobs");
                values.top().forEach(other -> top.add(row(other.token(), other.logprob(), texts)));
                content.add(row);
            }
        }
        return node;
    }

    private static ObjectNode row(int token, float logprob, TokenText texts) {
        ObjectNode row = JsonNodeFactory.instance
                .objectNode()
                .put("token", texts.text(token))
                .put("logprob", Figures.rounded(logprob));
        ArrayNode bytes = row.putArray("bytes");
        for (byte b : texts.bytes(token)) {
            bytes.add(Byte.toUnsignedInt(b));
        }
        return row;
    }
}
