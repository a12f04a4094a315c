package dev.sol.trainer.tasks;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** JSON lines of {@code query}, {@code choices} and {@code gold} (from 0), as ARC's. A query that does not end with it gets "Answer:". */
final class ChoicesFormat {
    private static final String PROMPT = "\nAnswer:";

    private ChoicesFormat() {}

    static Task read(Path path) {
        return JsonLines.task(path, TaskKind.CHOICES, ChoicesFormat::item);
    }

    private static Item item(String group, JsonNode object) {
        String query = JsonLines.text(object, "query").strip();
        JsonNode answers = object.path("choices");
        if (!answers.isArray() || answers.size() < 2) {
            throw new IllegalArgumentException("'choices' must be a list of at least two answers");
        }
        List<String> choices = new ArrayList<>();
        for (JsonNode answer : answers) {
            if (!answer.isTextual() || answer.asText().isBlank()) {
                throw new IllegalArgumentException("an answer in 'choices' is no text");
            }
            choices.add(" " + answer.asText().strip());
        }
        JsonNode gold = object.path("gold");
        if (!gold.isIntegralNumber() || gold.asInt() < 0 || gold.asInt() >= choices.size()) {
            throw new IllegalArgumentException(
                    "'gold' must be from 0 to %d, not %s".formatted(choices.size() - 1, gold));
        }
        return new Item(group, query.endsWith("Answer:") ? query : query + PROMPT, choices, gold.asInt());
    }
}
