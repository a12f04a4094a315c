package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.runtime.RequestException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields {@code tools} and {@code tool_choice}, checked.
 *
 * @param tools null: none
 * @param choice null: the model decides
 */
record ChatTools(@Nullable JsonNode tools, @Nullable JsonNode choice) {
    private static final Set<String> CHOICES = Set.of("none", "auto", "required");

    /** @param supported whether the template knows tools */
    static ChatTools read(Fields fields, boolean supported) {
        JsonNode tools = fields.node("tools");
        if (tools != null && !tools.isArray()) {
            throw fields.wrongType("tools", "an array", tools);
        }
        JsonNode choice = fields.node("tool_choice");
        Set<String> names = names(tools);
        checkChoice(fields, choice, names);
        if (names.isEmpty()) {
            return new ChatTools(null, null);
        }
        if (!supported) {
            throw new RequestException(
                    "the chat template of this model does not support tools", "tools", "unsupported_parameter");
        }
        return new ChatTools(tools, choice);
    }

    private static Set<String> names(@Nullable JsonNode tools) {
        Set<String> names = new HashSet<>();
        for (int i = 0; tools != null && i < tools.size(); i++) {
            String at = "tools[" + i + "]";
            Fields tool = new Fields(Json.object(at, at, tools.get(i)), at + ".");
            String type = tool.text("type");
            if (!"function".equals(type)) {
                throw RequestException.invalid(at + ".type", at + ".type must be function, not " + type);
            }
            names.add(function(at, tool));
        }
        return names;
    }

    private static void checkChoice(Fields fields, @Nullable JsonNode choice, Set<String> names) {
        if (choice == null) {
            return;
        }
        if (choice.isTextual()) {
            if (!CHOICES.contains(choice.textValue())) {
                throw RequestException.invalid(
                        "tool_choice", "tool_choice must be none, auto or required, not '" + choice.textValue() + "'");
            }
            if (choice.textValue().equals("required") && names.isEmpty()) {
                throw RequestException.invalid("tool_choice", "tool_choice is required, but there are no tools");
            }
            return;
        }
        if (!choice.isObject()) {
            throw fields.wrongType("tool_choice", "none, auto, required or an object", choice);
        }
        String name =
                function("tool_choice", new Fields(Json.object("tool_choice", "tool_choice", choice), "tool_choice."));
        if (!names.contains(name)) {
            throw RequestException.invalid(
                    "tool_choice", "tool_choice names '%s', which is not in tools".formatted(name));
        }
    }

    private static String function(String at, Fields owner) {
        String where = at + ".function";
        JsonNode function = owner.node("function");
        if (function == null) {
            throw new RequestException(where + " is missing", where, "missing_required_parameter");
        }
        String name = new Fields(Json.object(where, where, function), where + ".").text("name");
        if (name == null || name.isEmpty()) {
            throw new RequestException(where + ".name is missing", where + ".name", "missing_required_parameter");
        }
        return name;
    }
}
