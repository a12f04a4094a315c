package dev.sol.web;

import dev.sol.runtime.Execution;
import dev.sol.runtime.LayerKnobs;
import java.net.URI;
import java.util.List;
import java.util.function.Predicate;

/** What {@code sol serve} prints when it is ready. */
final class Banner {
    private Banner() {}

    /**
     * One line: where, which model, what the knobs act on, who spends budgets.
     *
     * @param context tokens that fit
     * @param policy of requests that name none
     */
    static String line(
            URI uri, String model, List<LayerKnobs> layers, int context, Execution execution, String policy) {
        return "%s serves %s: context %d; layers with knobs: attn %s, mlp %s, bits %s; mode %s; policy %s"
                .formatted(
                        uri,
                        model,
                        context,
                        share(layers, LayerKnobs::reachesAttn),
                        share(layers, layer -> layer.mlpUnits() > 0 || layer.sharedUnits() > 0),
                        share(layers, LayerKnobs::actBits),
                        execution.key(),
                        policy);
    }

    private static String share(List<LayerKnobs> layers, Predicate<LayerKnobs> acts) {
        return layers.stream().filter(acts).count() + "/" + layers.size();
    }
}
