package dev.sol.trainer.eval;

import dev.sol.runtime.RequestException;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How much is measured, unless options say something else.
 *
 * @param name of {@code --suite}
 * @param tokens that are scored
 * @param calibration tokens of other text that the best static split is found on
 * @param budgets net keep rates
 * @param baselines names of {@link Baselines}
 * @param knobs choice of {@link Family}
 */
record Suite(String name, int tokens, int calibration, List<Double> budgets, Set<String> baselines, String knobs) {
    private static final List<Double> SIX = List.of(.4, .5, .6, .7, .8, .9);

    private static final List<Suite> ALL = List.of(
            new Suite(
                    "quick",
                    5_000,
                    2_500,
                    List.of(.4, .6, .8),
                    Set.of("fixed", Baselines.STATIC, "entropy", "drift"),
                    "given"),
            new Suite(
                    "standard",
                    50_000,
                    10_000,
                    SIX,
                    Set.of(
                            "random",
                            Baselines.RANDOM_MIX,
                            "fixed",
                            "fixed-2l",
                            "fixed-3l",
                            Baselines.STATIC,
                            "uniform",
                            "entropy",
                            "drift"),
                    "given"),
            new Suite("full", 50_000, 20_000, SIX, Baselines.NAMES, "both"));

    static Suite byName(String name) {
        return ALL.stream()
                .filter(suite -> suite.name().equals(name))
                .findFirst()
                .orElseThrow(() -> RequestException.invalid(
                        "suite",
                        "--suite has no '%s'; there are: %s"
                                .formatted(name, ALL.stream().map(Suite::name).collect(Collectors.joining(", ")))));
    }

    /** Baselines by a list of names. */
    static Set<String> baselines(String[] names) {
        Set<String> wanted = new LinkedHashSet<>(Arrays.asList(names));
        for (String name : wanted) {
            if (!Baselines.NAMES.contains(name)) {
                throw RequestException.invalid(
                        "baselines",
                        "--baselines has no '%s'; there are: %s".formatted(name, String.join(", ", Baselines.NAMES)));
            }
        }
        if (wanted.contains(RandomSearch.FEW.name()) || wanted.contains(RandomSearch.MANY.name())) {
            wanted.add(Baselines.RANDOM_MIX); // whose targets they take
        }
        return wanted;
    }
}
