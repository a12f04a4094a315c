package dev.sol.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.io.AtomicFile;
import dev.sol.runtime.RequestException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A JSON file of results that were measured with some settings, and that a later run by the same settings adds to. It has {@code format}
 * and {@code settings}; what else is in it is up to the command. For one thread.
 */
public final class ResultsFile {
    private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Path file;
    private final ObjectNode root;

    private ResultsFile(Path file, ObjectNode root) {
        this.file = file;
        this.root = root;
    }

    /**
     * Reads the file, or makes it.
     *
     * @param format what it must be
     * @param command whose results these are, for people
     * @param option that named the file
     * @throws RequestException if it is something else, has other settings, or cannot be written
     */
    public static ResultsFile open(Path file, String format, String command, String option, ObjectNode settings) {
        ResultsFile results;
        if (Files.exists(file)) {
            results = new ResultsFile(file, read(file, format, command, option));
            JsonDifference.between(results.root.path("settings"), settings).ifPresent(difference -> {
                throw RequestException.invalid(
                        option,
                        "%s has results with other settings (%s): name another %s, or remove it"
                                .formatted(file, difference, option.equals("out") ? "folder" : "file"));
            });
        } else {
            ObjectNode root = MAPPER.createObjectNode().put("format", format);
            root.set("settings", settings);
            results = new ResultsFile(file, root);
        }
        try {
            results.save(); // hours of measuring are not lost for a folder that cannot be written
        } catch (UncheckedIOException e) {
            throw RequestException.invalid(option, String.valueOf(e.getMessage()));
        }
        return results;
    }

    private static ObjectNode read(Path file, String format, String command, String option) {
        try {
            if (MAPPER.readTree(Files.readAllBytes(file)) instanceof ObjectNode root
                    && format.equals(root.path("format").asText())) {
                return root;
            }
        } catch (JsonProcessingException e) {
            // told below
        } catch (IOException e) {
            throw RequestException.invalid(option, "cannot read " + file + ": " + e);
        }
        throw RequestException.invalid(
                option, file + " is there, but has no results of sol " + command + ": name another file");
    }

    /** Where it is. */
    public Path file() {
        return file;
    }

    /** All of it, to be changed; {@link #save} writes it. */
    public ObjectNode root() {
        return root;
    }

    /** What is wrong with the content. */
    public RequestException damaged(String option, String what) {
        return RequestException.invalid(option, file + " is damaged: " + what);
    }

    /**
     * Writes the file as a whole.
     *
     * @throws UncheckedIOException if that fails
     */
    public void save() {
        try {
            AtomicFile.write(file, MAPPER.writeValueAsBytes(root));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e, e);
        }
    }
}
