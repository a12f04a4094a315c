package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.RequestException;
import java.util.Set;

/** The field {@code messages}, checked, so that what is wrong is named rather than left to a template. */
final class ChatMessages {
    private static final String NAME = "messages";
    private static final Set<String> ROLES = Set.of("system", "developer", "user", "assistant", "tool");

    private ChatMessages() {}

    /** The messages; developer is what OpenAI calls system now, and templates do not. */
    static ArrayNode read(Fields fields) {
        JsonNode node = fields.node(NAME);
        if (node == null) {
            throw new RequestException("messages is missing", NAME, "missing_required_parameter");
        }
        if (!node.isArray() || node.isEmpty()) {
            throw fields.wrongType(NAME, "an array of messages, at least one", node);
        }
        ArrayNode messages = JsonNodeFactory.instance.arrayNode();
        for (int i = 0; i < node.size(); i++) {
            messages.add(message(NAME + "[" + i + "]", node.get(i)));
        }
        return messages;
    }

    private static ObjectNode message(String at, JsonNode node) {
        ObjectNode message = Json.object(at, at, node).deepCopy();
        Fields fields = new Fields(message, at + ".");
        String role = fields.text("role");
        if (role == null || !ROLES.contains(role)) {
            throw RequestException.invalid(
                    at + ".role", at + ".role must be system, developer, user, assistant or tool, not " + role);
        }
        JsonNode content = fields.node("content");
        if (content == null) {
            if (!role.equals("assistant") || fields.node("tool_calls") == null) {
                throw new RequestException(at + ".content is missing", at + ".content", "missing_required_parameter");
            }
        } else {
            checkContent(fields, at + ".content", content);
        }
        return role.equals("developer") ? message.put("role", "system") : message;
    }

    private static void checkContent(Fields message, String at, JsonNode content) {
        if (content.isTextual()) {
            return;
        }
        if (!content.isArray()) {
            throw message.wrongType("content", "a string or an array of parts", content);
        }
        for (int i = 0; i < content.size(); i++) {
            String part = at + "[" + i + "]";
            Fields fields = new Fields(Json.object(part, part, content.get(i)), part + ".");
            String type = fields.text("type");
            if (!"text".equals(type)) {
                throw new RequestException(
                        "%s.type must be text, not %s: other kinds are not supported".formatted(part, type),
                        part + ".type",
                        "unsupported_parameter");
            }
            if (fields.text("text") == null) {
                throw new RequestException(part + ".text is missing", part + ".text", "missing_required_parameter");
            }
        }
    }
}
