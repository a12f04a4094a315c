package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.RequestException;
import java.util.List;

/** Bodies of llama-server's {@code POST /tokenize} and {@code POST /detokenize}. */
public final class TokenCalls {
    private TokenCalls() {}

    /**
     * {@code {"content", "add_special": false, "parse_special": true, "with_pieces": false}}.
     *
     * @param content the text
     * @param addSpecial add the tokens that the model expects around a text
     * @param parseSpecial read the names of special tokens as these
     * @param withPieces answer with the texts of the tokens, too
     */
    public record Tokenize(String content, boolean addSpecial, boolean parseSpecial, boolean withPieces) {
        /**
         * Parses a body.
         *
         * @throws RequestException if it is not JSON, or a field is missing or wrong
         */
        public static Tokenize parse(byte[] body) {
            Fields fields = new Fields(Json.readObject("the body", body));
            String content = fields.text("content");
            if (content == null) {
                throw new RequestException("content is missing", "content", "missing_required_parameter");
            }
            return new Tokenize(
                    content,
                    fields.flag("add_special"),
                    fields.flag("parse_special", true),
                    fields.flag("with_pieces"));
        }

        /** The answer: {@code {"tokens": [1, 2]}}, or with pieces {@code {"tokens": [{"id": 1, "piece": "a"}]}}. */
        public ObjectNode answer(int[] tokens, TokenText texts) {
            ObjectNode body = JsonNodeFactory.instance.objectNode();
            ArrayNode array = body.putArray("tokens");
            for (int token : tokens) {
                if (withPieces) {
                    array.addObject().put("id", token).put("piece", texts.text(token));
                } else {
                    array.add(token);
                }
            }
            return body;
        }
    }

    /**
     * The tokens of {@code {"tokens": [1, 2]}}.
     *
     * @param vocabulary the number of tokens
     * @throws RequestException if it is not JSON, or there are none, or one is not a token
     */
    public static int[] detokenize(byte[] body, int vocabulary) {
        Fields fields = new Fields(Json.readObject("the body", body));
        JsonNode node = fields.node("tokens");
        if (node == null) {
            throw new RequestException("tokens is missing", "tokens", "missing_required_parameter");
        }
        if (!node.isArray()) {
            throw fields.wrongType("tokens", "an array of tokens", node);
        }
        List<Integer> tokens = PromptField.tokens(fields, "tokens", node);
        for (int token : tokens) {
            if (token < 0 || token >= vocabulary) {
                throw RequestException.invalid(
                        "tokens", "there is no token %d; they are from 0 to %d".formatted(token, vocabulary - 1));
            }
        }
        return tokens.stream().mapToInt(Integer::intValue).toArray();
    }
}
