package dev.sol.trainer.eval;

import dev.sol.policy.Budget;
import dev.sol.trainer.metrics.WindowLosses;
import dev.sol.trainer.stats.PairedBootstrap;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The rows of quantised models: their own, and those that they have beside a policy.
 *
 * @param family name of the meaning of the knobs
 * @param results may be none
 */
record QuantisedRows(String family, List<QuantisedModels.Result> results, PairedBootstrap bootstrap) {
    /** Each by itself. */
    List<Row> own() {
        return results.stream()
                .map(result ->
                        row(new Row.Place(family, Baselines.QUANTISED, 1, result.type()), result, Budget.DENSE, null))
                .toList();
    }

    /** The model whose steps take about as long as the policy's, if steps were timed. */
    Optional<Row> atEqualTime(Row policy) {
        Double millis = policy.millisPerToken();
        if (millis == null) {
            return Optional.empty();
        }
        return results.stream()
                .filter(result -> result.millis() != null)
                .min(Comparator.comparingDouble(result -> Math.abs(Math.log(millisOf(result) / millis))))
                .map(result -> row(
                        new Row.Place(
                                policy.place().family(),
                                policy.place().against(),
                                policy.budget(),
                                Baselines.QUANTISED),
                        result,
                        policy.requested(),
                        policy.losses()));
    }

    private static double millisOf(QuantisedModels.Result result) {
        return result.millis() == null ? Double.NaN : result.millis();
    }

    private Row row(Row.Place place, QuantisedModels.Result result, Budget requested, @Nullable WindowLosses policy) {
        WindowLosses losses = result.kept().measured().losses();
        return new Row(
                place,
                result.type(),
                requested,
                Budget.DENSE,
                0,
                true,
                losses,
                Row.interval(losses, bootstrap),
                policy == null ? null : Row.Difference.of(policy, losses, bootstrap),
                Map.of(),
                result.cost(),
                result.millis(),
                0);
    }
}
