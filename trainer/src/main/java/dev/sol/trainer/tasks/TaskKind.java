package dev.sol.trainer.tasks;

import dev.sol.runtime.RequestException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** How a task is stored and asked. */
public enum TaskKind {
    /** Questions with four lettered answers, of which the letter is scored: MMLU's CSV. */
    MMLU,
    /** Questions with answers that are scored in full: JSON lines of {@code query}, {@code choices}, {@code gold}, as ARC's. */
    CHOICES,
    /** A text of which the last word is missing: JSON lines of {@code context}, {@code continuation}, or of {@code text}. */
    LAMBADA,
    /** Pairs of sentences, one of them right: JSON lines of {@code sentence_good}, {@code sentence_bad}. */
    BLIMP;

    /** The name in options and files. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Reads {@code kind=path}.
     *
     * @throws RequestException if there is no such kind or file, or a row is malformed; the message names the file and the line
     */
    public static Task load(String option) {
        int equals = option.indexOf('=');
        String key = equals < 0 ? option : option.substring(0, equals);
        TaskKind kind = Arrays.stream(values())
                .filter(one -> one.key().equals(key))
                .findFirst()
                .orElseThrow(() -> RequestException.invalid(
                        "task",
                        "--task has no '%s'; there are: %s, each with its file or folder: mmlu=FOLDER"
                                .formatted(
                                        key,
                                        Arrays.stream(values())
                                                .map(TaskKind::key)
                                                .collect(Collectors.joining(", ")))));
        if (equals < 0) {
            throw RequestException.invalid("task", "--task %s needs its file or folder: %s=PATH".formatted(key, key));
        }
        Path path = Path.of(option.substring(equals + 1));
        return switch (kind) {
            case MMLU -> MmluFormat.read(path);
            case CHOICES -> ChoicesFormat.read(path);
            case LAMBADA -> LambadaFormat.read(path);
            case BLIMP -> BlimpFormat.read(path);
        };
    }
}
