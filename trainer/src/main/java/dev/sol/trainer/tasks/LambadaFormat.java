package dev.sol.trainer.tasks;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;

/**
 * JSON lines of {@code context} and {@code continuation}, the missing last word; or of a whole {@code text}, whose last word it is.
 *
 * <p>Source: Paperno et al., "The LAMBADA dataset" (2016).
 */
final class LambadaFormat {
    private LambadaFormat() {}

    static Task read(Path path) {
        return JsonLines.task(path, TaskKind.LAMBADA, LambadaFormat::item);
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
