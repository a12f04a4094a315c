package dev.sol.trainer.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import dev.sol.runtime.RequestException;
import dev.sol.trainer.eval.ResultFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What is in a result folder. Tables of an evaluation that was not finished are empty.
 *
 * @param settings of the evaluation
 * @param rows of texts
 * @param tasks rows of tasks
 * @param searches rows of random draws
 * @param trace the first window, token by token
 * @param classes how often each value was given to tokens of a class
 */
record ResultFolder(
        JsonNode settings,
        List<JsonNode> rows,
        List<JsonNode> tasks,
        List<Map<String, String>> searches,
        List<Map<String, String>> trace,
        List<Map<String, String>> classes) {

    /** @throws RequestException if the folder has no results */
    static ResultFolder read(Path folder) {
        Path file = folder.resolve(ResultFiles.RESULTS);
        if (!Files.exists(file)) {
            throw RequestException.invalid("folder", "there is no " + file + ": name a folder that eval --out wrote");
        }
        try {
            JsonNode root = new ObjectMapper().readTree(Files.readAllBytes(file));
            if (!ResultFiles.FORMAT.equals(root.path("format").asText())) {
                throw RequestException.invalid("folder", file + " has no results of this version of sol eval");
            }
            return new ResultFolder(
                    root.path("settings"),
                    list(root.path("rows")),
                    list(root.path("tasks")),
                    table(folder.resolve(ResultFiles.SEARCHES)),
                    table(folder.resolve(ResultFiles.TRACE)),
                    table(folder.resolve(ResultFiles.CLASSES)));
        } catch (JsonProcessingException e) {
            throw RequestException.invalid("folder", file + " is damaged: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw RequestException.invalid("folder", "cannot read " + folder + ": " + e);
        }
    }

    private static List<JsonNode> list(JsonNode array) {
        List<JsonNode> nodes = new ArrayList<>();
        array.forEach(nodes::add);
        return nodes;
    }

    private static List<Map<String, String>> table(Path file) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        try (MappingIterator<Map<String, String>> rows = new CsvMapper()
                .readerForMapOf(String.class)
                .with(CsvSchema.emptySchema().withHeader())
                .readValues(Files.newBufferedReader(file))) {
            return rows.readAll();
        }
    }
}
