package dev.sol.trainer.tasks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.RuntimeJsonMappingException;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import dev.sol.runtime.RequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * CSV rows of a question, four answers and the right one, as a letter or a number from 0; with or without a header. A folder has {@code
 * test} and {@code dev} in it, whose rows are the shots, or the files themselves; each file is a subject.
 *
 * <p>Source: Hendrycks et al., "Measuring Massive Multitask Language Understanding" (2021), and its prompt.
 */
final class MmluFormat {
    private static final String LETTERS = "ABCD";
    private static final int COLUMNS = 2 + LETTERS.length();
    private static final CsvMapper MAPPER =
            CsvMapper.csvBuilder().enable(CsvParser.Feature.WRAP_AS_ARRAY).build();

    private MmluFormat() {}

    static Task read(Path path) {
        Path test = path.resolve("test");
        List<Path> files = TaskFiles.of(Files.isDirectory(test) ? test : path, ".csv");
        List<Item> items = new ArrayList<>();
        Map<String, String> introductions = new HashMap<>();
        Map<String, List<String>> shots = new HashMap<>();
        for (Path file : files) {
            String subject = subject(file);
            items.addAll(items(file, subject));
            introductions.put(
                    subject,
                    "The following are multiple choice questions (with answers) about %s.\n\n"
                            .formatted(subject.replace('_', ' ')));
            shots.put(subject, shots(path.resolve("dev").resolve(subject + "_dev.csv"), subject));
        }
        TaskFiles.requireSome(items, path);
        return new Task(TaskFiles.stem(path), TaskKind.MMLU, items, introductions, shots);
    }

    private static String subject(Path file) {
        String stem = TaskFiles.stem(file);
        for (String part : List.of("_test", "_dev", "_val")) {
            if (stem.endsWith(part)) {
                return stem.substring(0, stem.length() - part.length());
            }
        }
        return stem;
    }

    /** Without such a file there are none. */
    private static List<String> shots(Path file, String subject) {
        if (!Files.exists(file)) {
            return List.of();
        }
        return items(file, subject).stream()
                .map(item -> item.context() + item.choices().get(item.gold()) + "\n\n")
                .toList();
    }

    private static List<Item> items(Path file, String subject) {
        List<Item> items = new ArrayList<>();
        try (MappingIterator<String[]> rows =
                MAPPER.readerFor(String[].class).readValues(Files.newBufferedReader(file))) {
            while (rows.hasNextValue()) {
                String[] row = rows.nextValue();
                long line = Math.max(1, rows.getCurrentLocation().getLineNr() - 1L);
                boolean isHeader = items.isEmpty() && row.length == COLUMNS && isHeader(row);
                if (!isHeader && !(row.length == 1 && row[0].isBlank())) {
                    items.add(item(file, line, subject, row));
                }
            }
        } catch (JsonProcessingException | RuntimeJsonMappingException e) {
            throw RequestException.invalid("task", "%s is no CSV: %s".formatted(file, e.getMessage()));
        } catch (IOException e) {
            throw TaskFiles.unreadable(file, e);
        }
        return items;
    }

    private static boolean isHeader(String[] row) {
        return row[0].strip().equalsIgnoreCase("question")
                && row[COLUMNS - 1].strip().equalsIgnoreCase("answer");
    }

    /** @param line where the row ends, from 1 */
    private static Item item(Path file, long line, String subject, String[] row) {
        if (row.length != COLUMNS) {
            throw TaskFiles.malformed(
                    file,
                    line,
                    "%d columns, but a question, four answers and the right one are six".formatted(row.length));
        }
        int gold = gold(row[COLUMNS - 1].strip().toUpperCase(Locale.ROOT));
        if (gold < 0) {
            throw TaskFiles.malformed(
                    file, line, "the answer must be A to D or 0 to 3, not '%s'".formatted(row[COLUMNS - 1]));
        }
        StringBuilder context = new StringBuilder(row[0].strip());
        List<String> choices = new ArrayList<>();
        for (int i = 0; i < LETTERS.length(); i++) {
            context.append('\n').append(LETTERS.charAt(i)).append(". ").append(row[i + 1].strip());
            choices.add(" " + LETTERS.charAt(i));
        }
        if (row[0].isBlank()) {
            throw TaskFiles.malformed(file, line, "the question is empty");
        }
        return new Item(subject, context.append("\nAnswer:").toString(), choices, gold);
    }

    private static int gold(String answer) {
        if (answer.length() != 1) {
            return -1;
        }
        int letter = LETTERS.indexOf(answer);
        int number = "0123".indexOf(answer);
        return Math.max(letter, number);
    }
}
