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
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Tasks in files with a JSON object in every line. Empty lines are left out. */
final class JsonLines {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private JsonLines() {}

    /**
     * Reads a task: a file, or all files in a folder, each of them a group of items.
     *
     * @param item of a group's name and an object; throws {@link IllegalArgumentException} with what is wrong with the object
     * @throws dev.sol.runtime.RequestException if there are no items, a file cannot be read, or a line is malformed; the message
     *     names both
     */
    static Task task(Path path, TaskKind kind, BiFunction<String, JsonNode, Item> item) {
        List<Item> items = new ArrayList<>();
        for (Path file : TaskFiles.of(path, ".jsonl")) {
            String group = TaskFiles.stem(file);
            items.addAll(read(file, object -> item.apply(group, object)));
        }
        TaskFiles.requireSome(items, path);
        return new Task(TaskFiles.stem(path), kind, items, Map.of(), Map.of());
    }

    private static List<Item> read(Path file, Function<JsonNode, Item> item) {
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
