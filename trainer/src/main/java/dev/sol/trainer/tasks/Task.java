package dev.sol.trainer.tasks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A set of questions.
 *
 * @param name for people
 * @param kind how it is asked
 * @param items questions
 * @param introduction by group: what comes before everything
 * @param shots by group: questions with their answers, to be shown before; empty: the task has none
 */
public record Task(
        String name,
        TaskKind kind,
        List<Item> items,
        Map<String, String> introduction,
        Map<String, List<String>> shots) {

    public Task {
        items = List.copyOf(items);
        introduction = Map.copyOf(introduction);
        shots = Map.copyOf(shots);
    }

    /** The task with as many of its items as are wanted, from all over it. */
    public Task spread(int most) {
        if (most <= 0 || most >= items.size()) {
            return this;
        }
        List<Item> some = new ArrayList<>(most);
        for (int i = 0; i < most; i++) {
            some.add(items.get((int) ((long) i * items.size() / most)));
        }
        return new Task(name, kind, some, introduction, shots);
    }

    /** How likely guessing is right, on average. */
    public double chance() {
        return items.stream().mapToDouble(Item::chance).average().orElse(0);
    }
}
