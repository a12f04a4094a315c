package dev.sol.runtime.cli;

import dev.sol.runtime.Execution;
import dev.sol.runtime.LayerKnobs;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** What commands that run a model say on standard error when it is loaded: what skipping costs in memory, and where it does not work. */
final class ExecutionLine {
    private ExecutionLine() {}

    /**
     * For example: {@code skip mode: 12.0 MiB beside the model (19%); everything computed in MLPs of layers 0-2, 7}.
     *
     * @param extraBytes beside the weights
     * @param modelBytes of the weights
     */
    static String of(Execution execution, List<LayerKnobs> layers, long extraBytes, long modelBytes) {
        String memory = String.format(
                Locale.ROOT,
                "%.1f MiB beside the model (%.0f%%)",
                extraBytes / 0x1p20,
                100.0 * extraBytes / modelBytes);
        String where = switch (execution) {
            case REFERENCE -> "everything is computed, what the knobs drop is masked";
            case SKIP -> skipped(layers);
        };
        return "%s mode: %s; %s".formatted(execution.key(), memory, where);
    }

    private static String skipped(List<LayerKnobs> layers) {
        List<String> dense = new ArrayList<>();
        add(dense, "attention", layers, LayerKnobs::reachesAttn, layer -> !layer.attnSkips());
        add(dense, "MLPs", layers, layer -> layer.mlpUnits() + layer.sharedUnits() > 0, layer -> !layer.mlpSkips());
        add(dense, "routed experts", layers, layer -> layer.routedUnits() > 0, _ -> true);
        return dense.isEmpty()
                ? "all that the knobs reach can skip"
                : "everything is computed in " + String.join(" and in ", dense);
    }

    /** Nothing if there is no such layer among those with the part at all. */
    private static void add(
            List<String> dense,
            String part,
            List<LayerKnobs> layers,
            Predicate<LayerKnobs> has,
            Predicate<LayerKnobs> isDense) {
        List<Integer> with = indices(layers, has);
        List<Integer> found = indices(layers, has.and(isDense));
        if (!found.isEmpty()) {
            dense.add(part + " of " + (found.equals(with) ? "all layers" : "layers " + ranges(found)));
        }
    }

    private static List<Integer> indices(List<LayerKnobs> layers, Predicate<LayerKnobs> which) {
        List<Integer> indices = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            if (which.test(layers.get(i))) {
                indices.add(i);
            }
        }
        return indices;
    }

    /** {@code 0-2, 7} for 0, 1, 2, 7. */
    static String ranges(List<Integer> ascending) {
        List<String> ranges = new ArrayList<>();
        for (int i = 0; i < ascending.size(); ) {
            int first = ascending.get(i);
            int last = first;
            for (i++; i < ascending.size() && ascending.get(i) == last + 1; i++) {
                last++;
            }
            ranges.add(first == last ? "" + first : first + "-" + last);
        }
        return String.join(", ", ranges);
    }
}
