package dev.sol.trainer.tasks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Files with a JSON object in every line. Empty lines are left out. */
final class JsonLines {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private JsonLines() {}

    /**
     * Reads items.
     *
     * @param item throws {@link IllegalArgumentException} with what is wrong with a line
     * @throws dev.sol.runtime.RequestException if the file cannot be read, or a line is malformed; the message names both
     */
    static List<Item> read(Path file, Function<JsonNode, Item> item) {
        List<Item> items = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            long number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (line.isBlank()) {
                    continue;
                }
                try {
                    if (!(MAPPER.readTree(line) instanceof ObjectNode object)) {
                        throw new IllegalArgumentException("no JSON object");
                    }
                    items.add(item.apply(object));
                } catch (JsonProcessingException e) {
                    throw TaskFiles.malformed(file, number, "no JSON: " + e.getOriginalMessage());
                } catch (IllegalArgumentException e) {
                    throw TaskFiles.malformed(file, number, String.valueOf(e.getMessage()));
                }
            }
        } catch (IOException e) {
            throw TaskFiles.unreadable(file, e);
        }
        return items;
    }

    /** @throws IllegalArgumentException if there is no such text */
    static String text(JsonNode object, String field) {
        JsonNode value = object.path(field);
        if (!value.isTextual() || value.asText().isBlank()) {
            throw new IllegalArgumentException("'%s' must be a text".formatted(field));
        }
        return value.asText();
    }
}
