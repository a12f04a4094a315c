package dev.sol.trainer.tasks;

import java.util.List;

/**
 * A question with its answers.
 *
 * @param group the part of the task that it belongs to, such as a subject
 * @param context what comes before an answer
 * @param choices answers, as they continue the context, the space between included
 * @param gold the number of the right one
 */
public record Item(String group, String context, List<String> choices, int gold) {

    /** @throws IllegalArgumentException if there is no such answer, or one is blank */
    public Item {
        choices = List.copyOf(choices);
        if (gold < 0 || gold >= choices.size()) {
            throw new IllegalArgumentException("answer %d of %d".formatted(gold, choices.size()));
        }
        if (choices.stream().anyMatch(String::isBlank)) {
            throw new IllegalArgumentException("an empty answer");
        }
    }

    /** How likely guessing is right; 0 for a cloze. */
    public double chance() {
        return choices.size() == 1 ? 0 : 1.0 / choices.size();
    }
}
