package dev.sol.trainer.knobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.trainer.cli.ResultsFile;
import dev.sol.trainer.metrics.WindowLosses;
import dev.sol.trainer.stats.PairedBootstrap;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * The JSON of {@code sol knobs}: {@code settings}, {@code dense}, {@code rows}, {@code unreached}. Losses are kept by window, so
 * that any two rows can be compared later, pair by pair. Every change rewrites the file.
 */
final class KnobResultsFile {
    private static final String FORMAT = "sol-knobs-1";
    private static final String WINDOWS = "window_nats";

    private final ResultsFile file;
    private final ObjectNode root;

    private KnobResultsFile(ResultsFile file) {
        this.file = file;
        this.root = file.root();
    }

    /**
     * Reads the file, or makes it.
     *
     * @throws dev.sol.runtime.RequestException if it is something else, has other settings, or cannot be written
     */
    static KnobResultsFile open(Path file, ObjectNode settings) {
        return new KnobResultsFile(ResultsFile.open(file, FORMAT, "knobs", "json", settings));
    }

    Optional<WindowLosses> dense() {
        JsonNode dense = root.path("dense");
        return dense.isMissingNode() ? Optional.empty() : Optional.of(losses(dense));
    }

    void setDense(WindowLosses losses) {
        root.set("dense", figures(root.objectNode(), losses));
        file.save();
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
        file.save();
    }

    void addUnreached(Configuration configuration) {
        ArrayNode unreached = root.withArray("unreached");
        for (JsonNode name : unreached) {
            if (name.asText().equals(configuration.name())) {
                return;
            }
        }
        unreached.add(configuration.name());
        file.save();
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
            throw file.damaged("json", "a row has not all of its windows");
        }
        for (int i = 0; i < nats.length; i++) {
            nats[i] = json.path(WINDOWS).get(i).asDouble();
        }
        double[] tokens = new double[nats.length];
        Arrays.fill(tokens, settings.path("scored_per_window").asDouble());
        return new WindowLosses(nats, tokens);
    }
}
