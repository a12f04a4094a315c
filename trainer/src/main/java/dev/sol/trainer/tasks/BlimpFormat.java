package dev.sol.trainer.tasks;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;

/**
 * JSON lines of {@code sentence_good} and {@code sentence_bad}; whole sentences are scored, as the start of a line.
 *
 * <p>Source: Warstadt et al., "BLiMP: The Benchmark of Linguistic Minimal Pairs for English" (2020).
 */
final class BlimpFormat {
    private BlimpFormat() {}

    static Task read(Path path) {
        return JsonLines.task(path, TaskKind.BLIMP, BlimpFormat::item);
    }

    private static Item item(String group, JsonNode object) {
        return new Item(
                group,
                "\n",
                List.of(JsonLines.text(object, "sentence_good"), JsonLines.text(object, "sentence_bad")),
                0);
    }
}
