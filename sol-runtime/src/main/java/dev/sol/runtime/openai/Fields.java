package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.RequestException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of a request strictly: nothing is converted from another type. A field that is null counts as missing.
 *
 * @param object the fields
 * @param prefix before their names in messages, such as {@code budget.}
 */
record Fields(ObjectNode object, String prefix) {

    Fields(ObjectNode object) {
        this(object, "");
    }

    /** The field's value; null if it is missing or null. */
    @Nullable JsonNode node(String name) {
        JsonNode node = object.get(name);
        return node == null || node.isNull() ? null : node;
    }

    @Nullable String text(String name) {
        JsonNode node = node(name);
        if (node == null) {
            return null;
        }
        if (!node.isTextual()) {
            throw wrongType(name, "a string", node);
        }
        return node.textValue();
    }

    boolean flag(String name) {
        return flag(name, false);
    }

    boolean flag(String name, boolean missing) {
        JsonNode node = node(name);
        if (node == null) {
            return missing;
        }
        if (!node.isBoolean()) {
            throw wrongType(name, "true or false", node);
        }
        return node.booleanValue();
    }

    @Nullable Double number(String name) {
        JsonNode node = node(name);
        if (node == null) {
            return null;
        }
        if (!node.isNumber()) {
            throw wrongType(name, "a number", node);
        }
        return node.doubleValue();
    }

    double number(String name, double missing) {
        Double value = number(name);
        return value == null ? missing : value;
    }

    /** A 64-bit integer; {@code 1.0} is none. */
    @Nullable Long integer(String name) {
        JsonNode node = node(name);
        if (node == null) {
            return null;
        }
        if (!node.isIntegralNumber()) {
            throw wrongType(name, "an integer", node);
        }
        if (!node.canConvertToLong()) {
            throw RequestException.invalid(prefix + name, "%s is out of range".formatted(prefix + name));
        }
        return node.longValue();
    }

    int integer(String name, int missing) {
        Long value = integer(name);
        if (value == null) {
            return missing;
        }
        if (value.intValue() != value) {
            throw RequestException.invalid(prefix + name, "%s is out of range: %d".formatted(prefix + name, value));
        }
        return value.intValue();
    }

    RequestException wrongType(String name, String expected, JsonNode found) {
        return new RequestException(
                "%s must be %s, not %s".formatted(prefix + name, expected, describe(found)),
                prefix + name,
                "invalid_type");
    }

    /** The type of a value, and the value itself if it is short: {@code a string}, {@code the number 1.5}. */
    static String describe(JsonNode node) {
        return switch (node.getNodeType()) {
            case ARRAY -> "an array";
            case OBJECT -> "an object";
            case STRING -> "a string";
            case BOOLEAN, NULL -> node.asText().toLowerCase(Locale.ROOT);
            case NUMBER -> "the number " + node.asText();
            case BINARY, MISSING, POJO -> "something else";
        };
    }
}
