package dev.sol.trainer.eval;

import com.fasterxml.jackson.databind.node.DoubleNode;
import dev.sol.policy.Budget;
import dev.sol.policy.Policies;
import dev.sol.runtime.Model;
import dev.sol.runtime.gguf.Quantisation;
import dev.sol.trainer.cli.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Smaller static quantisations of a model, dense: what else can be had for less time. Made with llama.cpp's quantisation, in a folder that
 * is removed in the end. For one thread.
 */
final class QuantisedModels {
    private static final List<String> SMALLER = List.of("Q8_0", "Q4_K_M", "Q4_0");
    private static final String DENSE = "dense";

    /**
     * One of them.
     *
     * @param kept its losses
     * @param cost of a token
     * @param millis of a token, in proportion to the unquantised model's, which took turns with it; null if not measured
     */
    record Result(
            String type,
            Kept kept,
            TokenCost cost,
            @Nullable Double millis) {}

    /** What the results need. */
    record Setup(
            Model model,
            Family family,
            Bench.Setup bench,
            List<Passage> passages,
            int timedSteps,
            int threads,
            long seed,
            Stoppables stoppables) {}

    private final Setup setup;
    private final EvalResults results;
    private final Progress progress;

    QuantisedModels(Setup setup, EvalResults results, Progress progress) {
        this.setup = setup;
        this.results = results;
        this.progress = progress;
    }

    /**
     * Measures what can be made of the model: nothing if it is quantised already.
     *
     * @param dense the time of a token of the model itself; null: nothing is timed
     * @param visible positions that a step sees on average
     * @throws IOException if files cannot be written
     */
    List<Result> measure(@Nullable Double dense, double visible) throws IOException {
        Path folder = Files.createTempDirectory("sol-quantised");
        try {
            List<Result> found = new ArrayList<>();
            for (String type : SMALLER) {
                Path file = folder.resolve(type + ".gguf");
                try {
                    Quantisation.run(setup.model().file(), file, type, setup.threads());
                } catch (IOException e) {
                    progress.begin(Baselines.QUANTISED + "/" + type);
                    progress.end("not possible: " + e.getMessage());
                    progress.skip(0, tokens());
                    continue;
                }
                found.add(measure(type, file, dense, visible));
                Files.delete(file);
            }
            return found;
        } finally {
            for (String type : SMALLER) {
                Files.deleteIfExists(folder.resolve(type + ".gguf"));
            }
            Files.deleteIfExists(folder);
        }
    }

    /** How many are tried. */
    static int count() {
        return SMALLER.size();
    }

    private long tokens() {
        return setup.passages().stream().mapToLong(Passage::steps).sum();
    }

    private Result measure(String type, Path file, @Nullable Double dense, double visible) {
        String id = "%s/%s/1.0/%s".formatted(setup.family().name(), Baselines.QUANTISED, type);
        Spender spender = StaticMix.spender(setup.passages().size(), Budget.DENSE);
        try (Model smaller = Model.load(file, setup.model().options());
                Bench own = Bench.open(smaller, setup.family(), setup.bench(), setup.stoppables())) {
            progress.begin(id);
            PolicyEvaluation evaluation = own.evaluation(setup.passages(), 0, false);
            Kept kept = results.cell(
                    id,
                    spender.policies().apply(0).grid(),
                    setup.passages(),
                    () -> new Kept(evaluation.run(spender, setup.seed(), progress::step), Budget.DENSE, 0));
            TokenCost cost = TokenCosts.of(file, smaller.info())
                    .step(
                            Budget.DENSE,
                            visible,
                            setup.family().knobs(),
                            spender.policies().apply(0),
                            0);
            Double millis = dense == null ? null : dense * ratio(id, own);
            progress.end(String.format(
                    Locale.ROOT,
                    "ppl %.3f",
                    kept.measured().losses().perplexity().value()));
            return new Result(type, kept, cost, millis);
        }
    }

    /** The time of a dense step, divided by the unquantised model's; both take turns. */
    private double ratio(String id, Bench own) {
        return results.json("timing/" + id, () -> {
                    try (Bench original =
                            Bench.open(setup.model(), setup.family(), setup.bench(), setup.stoppables())) {
                        Passage passage = setup.passages().getFirst();
                        Spender dense = Spender.of(Policies.byName(DENSE), Budget.DENSE);
                        List<Double> millis = StepTiming.millisPerToken(
                                List.of(subject(original, passage, dense), subject(own, passage, dense)), setup.seed());
                        return DoubleNode.valueOf(millis.get(1) / millis.get(0));
                    }
                })
                .asDouble();
    }

    private StepTiming.Subject subject(Bench bench, Passage passage, Spender spender) {
        PolicyEvaluation timed = bench.timed(passage, setup.timedSteps(), 0);
        if (timed == null) {
            throw new IllegalStateException("a bench without timing");
        }
        return new StepTiming.Subject(timed, spender);
    }
}
