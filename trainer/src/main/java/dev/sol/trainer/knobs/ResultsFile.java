package dev.sol.trainer.knobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.RequestException;
import dev.sol.trainer.cli.AtomicFile;
import dev.sol.trainer.cli.JsonDifference;
import dev.sol.trainer.metrics.WindowLosses;
import dev.sol.trainer.stats.PairedBootstrap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * The JSON of {@code sol knobs}: {@code settings}, {@code dense}, {@code rows}, {@code unreached}. Losses are kept by window, so
 * that any two rows can be compared later, pair by pair. Every change rewrites the file.
 */
final class ResultsFile {
    private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final String FORMAT = "sol-knobs-1";
    private static final String WINDOWS = "window_nats";

    private final Path file;
    private final ObjectNode root;

    private ResultsFile(Path file, ObjectNode root) {
        this.file = file;
        this.root = root;
    }

    /**
     * Reads the file, or makes it.
     *
     * @throws RequestException if it is something else, has other settings, or cannot be written
     */
    static ResultsFile open(Path file, ObjectNode settings) {
        ResultsFile results;
        if (Files.exists(file)) {
            results = new ResultsFile(file, read(file));
            JsonDifference.between(results.root.path("settings"), settings).ifPresent(difference -> {
                throw RequestException.invalid(
                        "json",
                        "%s has results with other settings (%s): name another file, or remove it"
                                .formatted(file, difference));
            });
        } else {
            ObjectNode root = MAPPER.createObjectNode().put("format", FORMAT);
            root.set("settings", settings);
            results = new ResultsFile(file, root);
        }
        try {
            results.save(); // hours of measuring are not lost for a folder that cannot be written
        } catch (UncheckedIOException e) {
            throw RequestException.invalid("json", String.valueOf(e.getMessage()));
        }
        return results;
    }

    private static ObjectNode read(Path file) {
        try {
            if (MAPPER.readTree(Files.readAllBytes(file)) instanceof ObjectNode root
                    && FORMAT.equals(root.path("format").asText())) {
                return root;
            }
        } catch (JsonProcessingException e) {
            // told below
        } catch (IOException e) {
            throw RequestException.invalid("json", "cannot read " + file + ": " + e);
        }
        throw RequestException.invalid("json", file + " is there, but has no results of sol knobs: name another file");
    }

    Optional<WindowLosses> dense() {
        JsonNode dense = root.path("dense");
        return dense.isMissingNode() ? Optional.empty() : Optional.of(losses(dense));
    }

    void setDense(WindowLosses losses) {
        root.set("dense", figures(MAPPER.createObjectNode(), losses));
        save();
    }

    Optional<Row> row(Cell cell, WindowLosses dense, PairedBootstrap bootstrap) {
        for (JsonNode row : rows()) {
            if (row.path("id").asText().equals(cell.id())) {
                return Optional.of(Row.of(cell, row.path("realised").asDouble(), losses(row), dense, bootstrap));
            }
        }
        return Optional.empty();
    }

    void add(Row row) {
        ObjectNode json = rows().addObject()
                .put("id", row.cell().id())
                .put("knob", row.cell().configuration().axis().key())
                .put("variant", row.cell().configuration().variant())
                .put("value", row.cell().value())
                .put("realised", row.realised());
        json.put("ratio", row.ratio());
        json.putArray("interval").add(row.interval().lower()).add(row.interval().upper());
        json.put("clear", row.clear());
        figures(json, row.losses());
        save();
    }

    void addUnreached(Configuration configuration) {
        ArrayNode unreached = root.withArray("unreached");
        for (JsonNode name : unreached) {
            if (name.asText().equals(configuration.name())) {
                return;
            }
        }
        unreached.add(configuration.name());
        save();
    }

    private ArrayNode rows() {
        return root.withArray("rows");
    }

    private static ObjectNode figures(ObjectNode json, WindowLosses losses) {
        json.put("tokens", losses.perplexity().tokens())
                .put("nll", losses.perplexity().mean())
                .put("ppl", losses.perplexity().value());
        ArrayNode windows = json.putArray(WINDOWS);
        Arrays.stream(losses.nats()).forEach(windows::add);
        return json;
    }

    private WindowLosses losses(JsonNode json) {
        JsonNode settings = root.path("settings");
        double[] nats = new double[json.path(WINDOWS).size()];
        if (nats.length != settings.path("windows").asInt(-1)) {
            throw RequestException.invalid("json", file + " is damaged: a row has not all of its windows");
        }
        for (int i = 0; i < nats.length; i++) {
            nats[i] = json.path(WINDOWS).get(i).asDouble();
        }
        double[] tokens = new double[nats.length];
        Arrays.fill(tokens, settings.path("scored_per_window").asDouble());
        return new WindowLosses(nats, tokens);
    }

    private void save() {
        try {
            AtomicFile.write(file, MAPPER.writeValueAsBytes(root));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e, e);
        }
    }
}
