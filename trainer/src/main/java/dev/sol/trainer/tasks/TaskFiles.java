package dev.sol.trainer.tasks;

import dev.sol.runtime.RequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Files of tasks. */
final class TaskFiles {
    private TaskFiles() {}

    /**
     * The file itself, or those in a folder with an ending, by name.
     *
     * @throws RequestException if there is none
     */
    static List<Path> of(Path path, String ending) {
        if (!Files.exists(path)) {
            throw RequestException.invalid("task", "there is no file or folder " + path);
        }
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> files = Files.list(path)) {
            List<Path> found = files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
            if (found.isEmpty()) {
                throw RequestException.invalid("task", "the folder %s has no files *%s".formatted(path, ending));
            }
            return found;
        } catch (IOException e) {
            throw RequestException.invalid("task", "cannot read " + path + ": " + e);
        }
    }

    /** The file's name without its ending. */
    static String stem(Path file) {
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    /** What is wrong with a line, counted from 1. */
    static RequestException malformed(Path file, long line, String what) {
        return RequestException.invalid("task", "%s, line %d: %s".formatted(file, line, what));
    }

    static RequestException unreadable(Path file, IOException failure) {
        return RequestException.invalid("task", "cannot read " + file + ": " + failure);
    }

    /** @throws RequestException if there are no items */
    static void requireSome(List<Item> items, Path path) {
        if (items.isEmpty()) {
            throw RequestException.invalid("task", path + " has no questions");
        }
    }
}
