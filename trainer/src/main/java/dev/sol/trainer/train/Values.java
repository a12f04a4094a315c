package dev.sol.trainer.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.RequestException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Reads the values of a configuration that has all keys; what does not fit is told with its key. */
final class Values {
    private final ObjectNode json;
    private final String prefix;

    Values(ObjectNode json) {
        this(json, "");
    }

    private Values(ObjectNode json, String prefix) {
        this.json = json;
        this.prefix = prefix;
    }

    static RequestException invalid(String key, String message) {
        return RequestException.invalid(key, "the configuration's " + key + " " + message);
    }

    private RequestException wrong(String key, String expected) {
        return invalid(prefix + key, "must be %s, but is %s".formatted(expected, json.path(key)));
    }

    Values object(String key) {
        if (json.path(key) instanceof ObjectNode object) {
            return new Values(object, prefix + key + ".");
        }
        throw wrong(key, "an object");
    }

    boolean isNull(String key) {
        return json.path(key).isNull();
    }

    boolean flag(String key) {
        if (!json.path(key).isBoolean()) {
            throw wrong(key, "true or false");
        }
        return json.path(key).booleanValue();
    }

    int integer(String key, int least, int most) {
        JsonNode value = json.path(key);
        if (!value.isIntegralNumber()
                || !value.canConvertToInt()
                || value.intValue() < least
                || value.intValue() > most) {
            throw wrong(
                    key,
                    most == Integer.MAX_VALUE
                            ? "a whole number of at least " + least
                            : "a whole number in %d…%d".formatted(least, most));
        }
        return value.intValue();
    }

    long longInteger(String key) {
        JsonNode value = json.path(key);
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw wrong(key, "a whole number");
        }
        return value.longValue();
    }

    double number(String key, double least, double most) {
        JsonNode value = json.path(key);
        if (!value.isNumber() || !(value.doubleValue() >= least && value.doubleValue() <= most)) {
            throw wrong(key, range(least, most));
        }
        return value.doubleValue();
    }

    /** A number that is not 0. */
    double positive(String key, double most) {
        JsonNode value = json.path(key);
        if (!value.isNumber() || !(value.doubleValue() > 0 && value.doubleValue() <= most)) {
            throw wrong(key, most == Double.MAX_VALUE ? "above 0" : "above 0 and at most " + most);
        }
        return value.doubleValue();
    }

    double[] numbers(String key) {
        JsonNode value = json.path(key);
        double[] numbers = new double[value.size()];
        for (int i = 0; i < numbers.length; i++) {
            if (!value.get(i).isNumber()) {
                throw wrong(key, "a list of numbers");
            }
            numbers[i] = value.get(i).doubleValue();
        }
        if (!value.isArray() || numbers.length == 0) {
            throw wrong(key, "a list of numbers");
        }
        return numbers;
    }

    int[] integers(String key) {
        JsonNode value = json.path(key);
        int[] numbers = new int[value.size()];
        for (int i = 0; i < numbers.length; i++) {
            if (!value.get(i).isIntegralNumber() || !value.get(i).canConvertToInt()) {
                throw wrong(key, "a list of whole numbers");
            }
            numbers[i] = value.get(i).intValue();
        }
        if (!value.isArray() || numbers.length == 0) {
            throw wrong(key, "a list of whole numbers");
        }
        return numbers;
    }

    <E extends Enum<E>> E oneOf(String key, Class<E> type) {
        for (E constant : type.getEnumConstants()) {
            if (json.path(key).asText().equals(name(constant))) {
                return constant;
            }
        }
        throw wrong(
                key,
                Arrays.stream(type.getEnumConstants())
                        .map(Values::name)
                        .collect(Collectors.joining(", ", "one of ", "")));
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static String range(double least, double most) {
        return most == Double.MAX_VALUE ? "at least " + least : "a number in %s…%s".formatted(least, most);
    }
}
