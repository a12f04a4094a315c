package dev.sol.trainer.tasks;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * JSON lines of {@code context} and {@code continuation}, the missing last word; or of a whole {@code text}, whose last word it is.
 *
 * <p>Source: Paperno et al., "The LAMBADA dataset" (2016).
 */
final class LambadaFormat {
    private LambadaFormat() {}

    static Task read(Path path) {
        List<Item> items = new ArrayList<>();
        for (Path file : TaskFiles.of(path, ".jsonl")) {
            String group = TaskFiles.stem(file);
            items.addAll(JsonLines.read(file, object -> item(group, object)));
        }
        TaskFiles.requireSome(items, path);
        return new Task(TaskFiles.stem(path), TaskKind.LAMBADA, items, Map.of(), Map.of());
    }

    private static Item item(String group, JsonNode object) {
        if (!object.has("context") && object.has("text")) {
            String text = JsonLines.text(object, "text").strip();
            int space = text.lastIndexOf(' ');
            if (space < 1) {
                throw new IllegalArgumentException("'text' has no word before the last one");
            }
            return new Item(group, text.substring(0, space), List.of(text.substring(space)), 0);
        }
        String context = JsonLines.text(object, "context").stripTrailing();
        return new Item(
                group,
                context,
                List.of(" " + JsonLines.text(object, "continuation").strip()),
                0);
    }
}
