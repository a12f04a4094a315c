package dev.sol.trainer.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.ActionGrid;
import dev.sol.runtime.Model;
import dev.sol.trainer.cli.Progress;
import dev.sol.trainer.metrics.StaticCalibration;
import dev.sol.trainer.metrics.StaticSplit;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the best static splits of a model, by the loss of a validation text. Those that are in the results already are not measured
 * again.
 *
 * @param validation windows
 */
record StaticSplits(
        Model model,
        List<int[]> validation,
        Protocol protocol,
        int threads,
        EvalResults results,
        Stoppables stoppables) {
    /** Static actions that are measured, about. */
    private static final long ACTIONS = 110;

    /** How many tokens it takes, about. */
    long tokens() {
        return ACTIONS * validation.size() * protocol.stretch();
    }

    /** @throws java.util.concurrent.CancellationException after {@link Stoppables#stop} */
    StaticPath of(Family family, Progress progress) {
        String id = family.name() + "/static-splits";
        boolean known = results.has(id);
        progress.begin(id);
        JsonNode rows = results.json(id, () -> measure(family, progress));
        progress.end(rows.size() + " splits");
        if (known) {
            progress.skip(0, tokens());
        }
        List<StaticSplit.Row> splits = new ArrayList<>();
        for (JsonNode row : rows) {
            splits.add(new StaticSplit.Row(
                    RowJson.budget(row.path("target")), row.path("nats").asDouble(Double.NaN)));
        }
        return new StaticPath(List.copyOf(splits));
    }

    private ArrayNode measure(Family family, Progress progress) {
        try (StaticCalibration calibration =
                StaticCalibration.open(model, validation, protocol.prefix(), threads, family.knobs())) {
            stoppables.add(calibration::cancel);
            int scored = validation.size() * protocol.stretch();
            ArrayNode array = JsonNodeFactory.instance.arrayNode();
            for (StaticSplit.Row row : calibration.run(ActionGrid.defaultGrid(), (_, _) -> progress.step(scored))) {
                ObjectNode json = array.addObject();
                json.set("target", RowJson.budget(row.target()));
                json.put("nats", row.nats());
            }
            return array;
        }
    }
}
