package dev.sol.runtime.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.io.AtomicFile;
import dev.sol.runtime.ModelInfo;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The results as JSON: {@code machine}, {@code load}, {@code builds}, {@code model}, {@code skips}, {@code options}, and {@code
 * rows} of {@code case}, {@code ours} and {@code stock} in ms, {@code ratio} with {@code min} and {@code max}.
 */
final class BenchJson {
    private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final String FORMAT = "sol-bench-1";

    private final ObjectNode root = MAPPER.createObjectNode().put("format", FORMAT);
    private final ArrayNode rows = MAPPER.createArrayNode();
    private double othersLoad;

    void machine(Machine machine) {
        root.putObject("machine")
                .put("cpu", machine.cpu())
                .put("processors", machine.processors())
                .put("memory_bytes", machine.memory())
                .put("system", machine.system())
                .put("java", machine.java());
    }

    /** @param before busy processors before anything was loaded; NaN if the system does not say */
    void load(double before) {
        ObjectNode load = root.putObject("load");
        if (Double.isNaN(before)) {
            load.putNull("before").putNull("others");
        } else {
            load.put("before", before).put("others", othersLoad);
        }
    }

    void builds(Builds builds) {
        root.putObject("builds")
                .put("ours", builds.ours())
                .put("stock", builds.stock())
                .put("stock_cpu", builds.stockCpu());
    }

    void model(String name, ModelInfo info, boolean synthetic) {
        root.putObject("model")
                .put("name", name)
                .put("description", info.description())
                .put("file_type", info.fileType())
                .put("parameters", info.parameters())
                .put("size_bytes", info.sizeBytes())
                .put("synthetic", synthetic);
    }

    /** In how many layers of the model ours skips. */
    void skips(long attn, long mlp, int layers) {
        root.putObject("skips").put("attn", attn).put("mlp", mlp).put("layers", layers);
    }

    /** For the options, which the caller puts in. */
    ObjectNode options() {
        return root.putObject("options");
    }

    void add(Row row) {
        boolean ffn = row.of().kind() == BenchCase.Kind.FFN;
        rows.addObject()
                .put("case", row.of().name())
                .put("ours", row.ours())
                .put("stock", row.stock())
                .put("unit", "ms")
                .put("ratio", row.ratio().median())
                .put("min", row.ratio().min())
                .put("max", row.ratio().max())
                .put("ratio_of", ffn ? "ours/stock" : "stock/ours")
                .put("rounds", row.rounds())
                .put("others_load", row.othersLoad());
        othersLoad = Math.max(othersLoad, row.othersLoad());
        if (root.path("load") instanceof ObjectNode load && load.path("before").isNumber()) {
            load.put("others", othersLoad);
        }
    }

    /** The row of the cost model, of means over the cases. There is nothing of stock's in it. */
    void add(CostRow row) {
        rows.addObject()
                .put("case", CostRow.NAME)
                .put("ours", row.measured())
                .putNull("stock")
                .put("predicted", row.predicted())
                .put("unit", "ms")
                .put("ratio", row.error().median())
                .put("min", row.error().min())
                .put("max", row.error().max())
                .put("ratio_of", "|predicted-ours|/ours")
                .put("cases", row.cases());
    }

    /** The document. */
    ObjectNode root() {
        root.set("rows", rows);
        return root;
    }

    /** Writes it so that a reader sees all of the old or all of the new content. */
    void write(Path file) {
        write(root(), file);
    }

    /** The same of any results. */
    static void write(ObjectNode results, Path file) {
        try {
            AtomicFile.write(file, MAPPER.writeValueAsBytes(results));
        } catch (IOException e) {
            throw new BenchException("cannot write " + file + ": " + e, e);
        }
    }
}
