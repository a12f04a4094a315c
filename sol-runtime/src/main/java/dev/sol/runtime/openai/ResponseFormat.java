package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.Grammar;
import dev.sol.runtime.RequestException;
import org.jspecify.annotations.Nullable;

/** The fields {@code response_format} and {@code grammar}: what the text must be like. */
final class ResponseFormat {
    private static final String NAME = "response_format";

    private ResponseFormat() {}

    /**
     * The constraint of the text; null: none.
     *
     * @throws RequestException if it is malformed, or there are two
     */
    static @Nullable Grammar read(Fields fields) {
        String own = fields.text("grammar");
        Grammar format = grammar(check(fields));
        if (own == null || own.isEmpty()) {
            return format;
        }
        if (format != null) {
            throw RequestException.invalid("grammar", "a request has response_format or grammar, not both");
        }
        return Grammar.gbnf(own);
    }

    /** The field {@code response_format}, checked; null: missing, or any text. */
    static @Nullable ObjectNode check(Fields fields) {
        JsonNode node = fields.node(NAME);
        if (node == null) {
            return null;
        }
        ObjectNode format = Json.object(NAME, NAME, node);
        Fields parts = new Fields(format, NAME + ".");
        String type = parts.text("type");
        return switch (type) {
            case null ->
                throw new RequestException(NAME + ".type is missing", NAME + ".type", "missing_required_parameter");
            case "text" -> null;
            case "json_object" -> format;
            case "json_schema" -> {
                ObjectNode _ = schema(format);
                yield format;
            }
            default ->
                throw RequestException.invalid(
                        NAME + ".type", NAME + ".type must be text, json_object or json_schema, not '" + type + "'");
        };
    }

    private static @Nullable Grammar grammar(@Nullable ObjectNode format) {
        if (format == null) {
            return null;
        }
        return format.path("type").asText().equals("json_schema")
                ? Grammar.jsonSchema(schema(format))
                : Grammar.jsonObject();
    }

    private static ObjectNode schema(ObjectNode format) {
        JsonNode outer = format.path("json_schema");
        String what = NAME + ".json_schema";
        JsonNode inner = Json.object(what, what, outer).path("schema");
        return Json.object(what + ".schema", what + ".schema", inner);
    }
}
