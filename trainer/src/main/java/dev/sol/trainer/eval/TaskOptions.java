package dev.sol.trainer.eval;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The options of {@code sol eval} about tasks with known answers. A picocli mixin. */
final class TaskOptions {
    @Option(
            names = "--task",
            paramLabel = "KIND=PATH",
            description = "Also measure the accuracy on a task, and on more with the option repeated: mmlu (CSV, a file"
                    + " or a folder with test and dev), choices (JSON lines of query, choices, gold: ARC), lambada,"
                    + " blimp (JSON lines, a file or a folder).")
    List<String> tasks = new ArrayList<>();

    @Option(names = "--only-tasks", description = "Do not measure the perplexity of the text.")
    boolean only;

    @Option(
            names = "--items",
            paramLabel = "N",
            defaultValue = "500",
            description = "Questions of each task, from all over it; 0: all. Default: ${DEFAULT-VALUE}.")
    int items;

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
}
