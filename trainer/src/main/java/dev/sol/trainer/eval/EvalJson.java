package dev.sol.trainer.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.runtime.RequestException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;

/**
 * The JSON of {@code sol eval}: {@code settings} and {@code rows}. A row has {@code policy}, {@code budget} (asked for), realised {@code
 * net}, {@code attn}, {@code mlp}, {@code bits}; {@code nll} in nats, {@code ppl}, and the interval of it {@code lo} … {@code hi}; {@code
 * tokens}, {@code ms_per_token}. Losses are kept by window, so that any two rows can be compared later, pair by pair. Every row rewrites
 * the file.
 */
final class EvalJson {
    private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final String FORMAT = "sol-eval-1";

    private final Path file;
    private final ObjectNode root;

    /**
     * Begins a file, over one that is there.
     *
     * @throws RequestException if it cannot be written
     */
    EvalJson(Path file, ObjectNode settings) {
        this.file = file;
        this.root = MAPPER.createObjectNode().put("format", FORMAT);
        root.set("settings", settings);
        root.putArray("rows");
        try {
            save(); // minutes of measuring are not lost for a folder that cannot be written
        } catch (IOException e) {
            throw RequestException.invalid("json", "cannot write " + file + ": " + e);
        }
    }

    /**
     * Adds a row.
     *
     * @throws UncheckedIOException if the file cannot be written
     */
    void add(Row row) {
        root.withArray("rows").add(json(row));
        try {
            save();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e, e);
        }
    }

    static ObjectNode json(Row row) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("policy", row.policy())
                .put("budget", row.budget())
                .put("net", row.realised().net())
                .put("attn", row.realised().attn())
                .put("mlp", row.realised().mlp())
                .put("bits", row.realised().bits())
                .put("nll", row.mean().mean())
                .put("ppl", row.mean().value())
                .put("lo", row.perplexity().lower())
                .put("hi", row.perplexity().upper())
                .put("tokens", row.mean().tokens())
                .put("ms_per_token", row.millisPerToken())
                .put("policy_ms_per_token", row.policyMillis());
        json.set("requested", budget(row.requested()));
        json.put("distance", row.distance()).put("matched", row.matched());
        Row.Difference difference = row.difference();
        if (difference != null) {
            json.putObject("policy_minus_this")
                    .put("nats", difference.nats())
                    .put("lo", difference.interval().lower())
                    .put("hi", difference.interval().upper())
                    .put("clear", difference.isClear());
        }
        ObjectNode actions = json.putObject("actions");
        row.histogram().forEach((axis, counts) -> Arrays.stream(counts).forEach(actions.withArray(axis.key())::add));
        ArrayNode windows = json.putArray("window_nats");
        Arrays.stream(row.losses().nats()).forEach(windows::add);
        return json;
    }

    private static ObjectNode budget(Budget budget) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        for (Axis axis : Axis.values()) {
            json.put(axis.key(), budget.get(axis));
        }
        return json;
    }

    /** A reader, and whoever is left after a crash, sees all of the old or all of the new content. */
    private void save() throws IOException {
        Path target = file.toAbsolutePath();
        Path temporary = target.resolveSibling("." + target.getFileName() + ".tmp");
        try {
            Files.write(temporary, MAPPER.writeValueAsBytes(root));
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
