package dev.sol.trainer.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Tells in which setting two runs differ. */
public final class JsonDifference {
    private JsonDifference() {}

    /** The first setting that differs: "context is 128 there and 256 here". Empty if none does. */
    public static Optional<String> between(JsonNode there, JsonNode here) {
        Map<String, String> theirs = flat(there);
        Map<String, String> ours = flat(here);
        for (Map.Entry<String, String> setting : ours.entrySet()) {
            String value = theirs.remove(setting.getKey());
            if (!setting.getValue().equals(value)) {
                return Optional.of("%s is %s there and %s here"
                        .formatted(setting.getKey(), value == null ? "not set" : value, setting.getValue()));
            }
        }
        return theirs.entrySet().stream()
                .map(setting -> "%s is %s there and not set here".formatted(setting.getKey(), setting.getValue()))
                .findFirst();
    }

    /** Values are compared as they are written: JSON does not tell an int from a long. */
    private static Map<String, String> flat(JsonNode settings) {
        Map<String, String> flat = new TreeMap<>();
        settings.properties().forEach(field -> {
            JsonNode value = field.getValue();
            if (value.isObject()) {
                flat(value).forEach((key, inner) -> flat.put(field.getKey() + "." + key, inner));
            } else {
                flat.put(field.getKey(), value.isContainerNode() ? value.toString() : value.asText());
            }
        });
        return flat;
    }
}
