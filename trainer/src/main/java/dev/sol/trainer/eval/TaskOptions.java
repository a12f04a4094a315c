package dev.sol.trainer.eval;

import dev.sol.runtime.RequestException;
import dev.sol.trainer.tasks.Task;
import dev.sol.trainer.tasks.TaskKind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** The options of {@code sol eval} about tasks with known answers. A picocli mixin. */
final class TaskOptions {
    @Option(
            names = "--task",
            paramLabel = "KIND=PATH",
            description = "Also measure the accuracy on a task, and on more with the option repeated: mmlu (CSV, a file"
                    + " or a folder with test and dev), choices (JSON lines of query, choices, gold: ARC), lambada,"
                    + " blimp (JSON lines, a file or a folder).")
    private List<String> tasks = new ArrayList<>();

    @Option(names = "--only-tasks", description = "Do not measure the perplexity of the text.")
    boolean only;

    @Option(
            names = "--items",
            paramLabel = "N",
            defaultValue = "500",
            description = "Questions of each task, from all over it; 0: all. Default: ${DEFAULT-VALUE}.")
    private int items;

    @Option(
            names = "--shots",
            paramLabel = "N",
            defaultValue = "5",
            description = "Questions with their answers that are shown before, where the task has them; as many as fit."
                    + " Default: ${DEFAULT-VALUE}.")
    int shots;

    @Option(
            names = "--budget-scope",
            paramLabel = "NAME",
            defaultValue = "continuation",
            description = "What the budget is for: the steps that answers are scored by (continuation), or all from the"
                    + " second token on (everything). Default: ${DEFAULT-VALUE}.")
    String scope = "";

    /**
     * The tasks.
     *
     * @throws RequestException if an option is wrong, or a task cannot be read
     */
    List<Task> tasks() {
        if (items < 0 || shots < 0) {
            throw RequestException.invalid("items", "--items and --shots must be at least 0");
        }
        if (!List.of("continuation", "everything").contains(scope)) {
            throw RequestException.invalid(
                    "budget_scope", "--budget-scope has no '%s'; there are: continuation, everything".formatted(scope));
        }
        if (only && tasks.isEmpty()) {
            throw RequestException.invalid("only_tasks", "--only-tasks needs a --task");
        }
        List<Task> read = tasks.stream()
                .map(option -> TaskKind.load(option).spread(items))
                .toList();
        Set<String> names = new HashSet<>();
        for (Task task : read) {
            if (!names.add(task.name())) {
                throw RequestException.invalid(
                        "task", "there are two tasks called '%s': rename a file".formatted(task.name()));
            }
        }
        return read;
    }

    /** Whether the budget is for all steps, not only for those of answers. */
    boolean everything() {
        return scope.equals("everything");
    }

    /** What is asked, in short: Java says how the hash codes of strings and lists come about. */
    static String fingerprints(List<Task> tasks) {
        return tasks.stream()
                .map(task -> "%s (%d items, %08x)"
                        .formatted(
                                task.name(), task.items().size(), task.items().hashCode()))
                .collect(Collectors.joining(", "));
    }
}
