package dev.sol.trainer.tasks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * JSON lines of {@code sentence_good} and {@code sentence_bad}; whole sentences are scored, as the start of a line.
 *
 * <p>Source: Warstadt et al., "BLiMP: The Benchmark of Linguistic Minimal Pairs for English" (2020).
 */
final class BlimpFormat {
    private BlimpFormat() {}

    static Task read(Path path) {
        List<Item> items = new ArrayList<>();
        for (Path file : TaskFiles.of(path, ".jsonl")) {
            String group = TaskFiles.stem(file);
            items.addAll(JsonLines.read(
                    file,
                    object -> new Item(
                            group,
                            "\n",
                            List.of(JsonLines.text(object, "sentence_good"), JsonLines.text(object, "sentence_bad")),
                            0)));
        }
        TaskFiles.requireSome(items, path);
        return new Task(TaskFiles.stem(path), TaskKind.BLIMP, items, Map.of(), Map.of());
    }
}
