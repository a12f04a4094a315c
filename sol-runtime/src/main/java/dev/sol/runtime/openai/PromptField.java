package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.engine.Prompt;
import java.util.ArrayList;
import java.util.List;

/** A field with texts: a string, an array of tokens, or an array of these. */
final class PromptField {
    private static final int MAX_PROMPTS = 2048; // OpenAI's for embeddings

    private PromptField() {}

    /** At least one. */
    static List<Prompt> read(Fields fields, String name) {
        JsonNode node = fields.node(name);
        if (node == null) {
            throw new RequestException(name + " is missing", name, "missing_required_parameter");
        }
        if (node.isArray() && !node.isEmpty() && !node.get(0).isNumber()) {
            if (node.size() > MAX_PROMPTS) {
                throw RequestException.invalid(name, "%s may have at most %d texts".formatted(name, MAX_PROMPTS));
            }
            List<Prompt> prompts = new ArrayList<>(node.size());
            node.forEach(one -> prompts.add(one(fields, name, one)));
            return prompts;
        }
        return List.of(one(fields, name, node));
    }

    private static Prompt one(Fields fields, String name, JsonNode node) {
        if (node.isTextual()) {
            return new Prompt.Text(node.textValue());
        }
        if (node.isArray() && !node.isEmpty()) {
            return new Prompt.Tokens(tokens(fields, name, node));
        }
        throw fields.wrongType(name, "a string or an array of tokens", node);
    }

    /** The integers of an array. */
    static List<Integer> tokens(Fields fields, String name, JsonNode array) {
        List<Integer> tokens = new ArrayList<>(array.size());
        for (JsonNode token : array) {
            if (!token.isIntegralNumber() || !token.canConvertToInt()) {
                throw fields.wrongType(name, "a string or an array of tokens (integers)", token);
            }
            tokens.add(token.intValue());
        }
        return tokens;
    }
}
