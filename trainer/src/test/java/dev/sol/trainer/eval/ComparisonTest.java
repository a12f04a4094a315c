package dev.sol.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.Action;
import dev.sol.policy.Axis;
import dev.sol.policy.BudgetTracker;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Observation;
import dev.sol.policy.Policies;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import dev.sol.runtime.RequestException;
import dev.sol.trainer.cli.Progress;
import dev.sol.trainer.cli.ProgressLines;
import dev.sol.trainer.stats.PairedBootstrap;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A policy against its baselines, on a "model" for which it is known who is better. */
class ComparisonTest {
    private static final int PREFIX = 20;
    private static final int STRETCH = 64;

    private static final Set<String> MAIN = Set.of("random", "random-mix", "fixed", "fixed-2l", "fixed-3l", "uniform");
    private static final ObjectNode SETTINGS =
            JsonNodeFactory.instance.objectNode().put("windows", 40);

    private final StringWriter err = new StringWriter();
    private final Progress progress = new ProgressLines(new PrintWriter(err), () -> 0);
    private final FakeLockstep model = new FakeLockstep(4);

    private Comparison comparison() {
        return comparison(MAIN, EvalResults.of(null, null, SETTINGS));
    }

    private Comparison comparison(Set<String> baselines, EvalResults results) {
        PolicyEvaluation evaluation =
                new PolicyEvaluation(model, FakeLockstep.passages(40, PREFIX + STRETCH + 1, PREFIX));
        Comparison.Setup setup = new Comparison.Setup("test", baselines, null, new PairedBootstrap(1000, .95, 1), 1);
        return new Comparison(setup, evaluation, (_, _) -> new TokenCost(2, 3), results, progress);
    }

    private List<Row> rows(ComputePolicy policy, double net) {
        return comparison().at(policy, net).entries().stream()
                .map(Comparison.Entry::row)
                .toList();
    }

    /** Spends on odd tokens, which the "model" punishes ten times as much; knows them by the embedding. */
    private static final class Clairvoyant implements ComputePolicy {
        @Override
        public String name() {
            return "clairvoyant";
        }

        @Override
        public boolean needsEmbedding() {
            return true;
        }

        @Override
        public PolicySession start(PolicyContext context) {
            return observation -> new Action(choose(Axis.ATTN, observation), choose(Axis.MLP, observation), (int)
                    Math.rint(choose(Axis.BITS, observation)));
        }

        private double choose(Axis axis, Observation observation) {
            BudgetTracker tracker = observation.tracker();
            boolean odd = Math.round(observation.embedding()[0]) % 2 != 0;
            double aim = tracker.aim(axis, Math.min(16, observation.remaining()));
            double share = axis.share(aim) + (odd ? .2 : -.2);
            return grid().nearest(axis, grid().clamp(axis, axis.ofShare(share)));
        }
    }

    @Test
    void thePolicyThatKnowsWhichTokensMatterWins() {
        List<Row> rows = rows(new Clairvoyant(), .7);

        assertThat(rows)
                .extracting(Row::policy)
                .containsExactly("clairvoyant", "random", "random-mix", "fixed", "fixed-2l", "fixed-3l", "uniform");
        Row policy = rows.getFirst();
        assertThat(policy.difference()).isNull();
        assertThat(policy.distance()).isLessThan(.02);
        assertThat(policy.budget()).isEqualTo(.7);
        assertThat(policy.mean().tokens()).isEqualTo(40 * STRETCH);
        for (Row row : rows.subList(1, rows.size())) {
            assertThat(row.matched()).as(row.policy()).isTrue();
            assertThat(Matching.distance(row.realised(), policy.realised())).isLessThanOrEqualTo(1e-3);
            assertThat(row.difference()).as(row.policy()).isNotNull().satisfies(difference -> {
                assertThat(difference.nats())
                        .isCloseTo(policy.mean().mean() - row.mean().mean(), within(1e-12))
                        .isNegative();
                assertThat(difference.isClear()).isTrue();
                assertThat(difference.interval().contains(difference.nats())).isTrue();
            });
            assertThat(row.perplexity().contains(row.mean().value())).isTrue();
        }
        // Half of the loss of extremes is that of mixing: more against the coarse grid than against the fine one.
        assertThat(nats(rows, "fixed-2l")).isLessThan(nats(rows, "uniform"));
    }

    private static double nats(List<Row> rows, String policy) {
        Row.Difference difference = rows.stream()
                .filter(row -> row.policy().equals(policy))
                .findFirst()
                .orElseThrow()
                .difference();
        assertThat(difference).isNotNull();
        return difference.nats();
    }

    @Test
    void aPolicyAgainstItselfIsEven() {
        List<Row> rows = rows(Policies.byName("uniform"), .7);
        rows = rows.subList(1, rows.size()); // the first one is the policy, also called uniform

        assertThat(nats(rows, "uniform")).isCloseTo(0, within(1e-3));
        assertThat(nats(rows, "fixed-2l")).isNegative(); // mixing extremes costs, as the loss is convex
    }

    @Test
    void gridsWithoutTargetsAreLeftOut() {
        List<Row> rows = rows(Policies.byName("uniform"), .3);

        assertThat(rows).extracting(Row::policy).containsExactly("uniform", "random", "random-mix", "fixed", "uniform");
    }

    @Test
    void denseIsDense() {
        Row dense = comparison().dense().row();

        assertThat(dense.mean().mean()).isEqualTo(FakeLockstep.DENSE_NATS);
        assertThat(dense.realised().net()).isEqualTo(1);
        assertThat(dense.millisPerToken()).isNull();
    }

    @Test
    void tableAndJson(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("rows.json");
        List<Row> rows = rows(new Clairvoyant(), .7);
        EvalResults results = EvalResults.of(null, file, SETTINGS);
        rows.forEach(row -> results.row(RowJson.of(row)));

        JsonNode root = new ObjectMapper().readTree(Files.readAllBytes(file));
        assertThat(root.path("settings").path("windows").asInt()).isEqualTo(40);
        assertThat(root.path("rows")).hasSize(7);
        JsonNode row = root.path("rows").get(1);
        for (String field : List.of(
                "policy", "budget", "net", "attn", "mlp", "bits", "nll", "ppl", "lo", "hi", "tokens", "ms_per_token")) {
            assertThat(row.has(field)).as(field).isTrue();
        }
        assertThat(row.path("policy").asText()).isEqualTo("random");
        assertThat(row.path("ppl").asDouble())
                .isEqualTo(Math.exp(row.path("nll").asDouble()))
                .isBetween(row.path("lo").asDouble(), row.path("hi").asDouble());
        assertThat(row.path("window_nats")).hasSize(40);
        assertThat(row.path("policy_minus_this").path("nats").asDouble()).isNegative();
        assertThat(row.path("actions").path("bits")).hasSize(13);
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }

        String table = EvalTable.block(rows, 95);
        assertThat(table).contains("budget 0.700", "clairvoyant", "fixed-3l", "95% interval, nats", " *");
        assertThat(table.lines().filter(line -> line.startsWith("  fixed-2l"))).hasSize(1);
        assertThat(table).doesNotContain("not compared");
    }

    /** The luckiest of many is better than most, and not better than knowing. */
    @Test
    void theLuckiestOfManyInHindsight() {
        Set<String> searches = Set.of("random-mix", RandomSearch.MANY.name());
        EvalResults results = EvalResults.of(null, null, SETTINGS);
        Comparison.Block block = comparison(searches, results).at(new Clairvoyant(), .7);

        Comparison.Search search = block.searches().getFirst();
        assertThat(search.nats()).hasSize(30).doesNotHaveDuplicates();
        Row best = block.entries().getLast().row();
        assertThat(best.policy()).isEqualTo("best-of-30");
        assertThat(best.mean().mean())
                .isEqualTo(search.nats().stream().min(Double::compare).orElseThrow());
        assertThat(search.policy()).isLessThan(best.mean().mean());
        assertThat(best.difference()).isNotNull();
        assertThat(Matching.distance(
                        best.realised(), block.entries().getFirst().row().realised()))
                .isLessThanOrEqualTo(Matching.TOLERANCE);
    }

    @Test
    void searchesOnFewTokensUseTheFirstWindows() {
        List<Passage> passages = FakeLockstep.passages(40, PREFIX + STRETCH + 1, PREFIX);
        assertThat(RandomSearch.FEW.windows(passages)).isEqualTo(32); // of 64 tokens
        assertThat(RandomSearch.MANY.windows(passages)).isEqualTo(40);
    }

    /** Interrupted in the middle of a baseline, and gone on with: the file has the bytes of an uninterrupted run, but for times. */
    @Test
    void anInterruptedComparisonGoesOn(@TempDir Path folder) throws IOException {
        Set<String> baselines = Set.of("random", "random-mix", "fixed", "uniform", RandomSearch.MANY.name());
        Path whole = folder.resolve("whole");
        run(baselines, EvalResults.of(whole, null, SETTINGS));

        Path cut = folder.resolve("cut");
        model.stepsLeft = 10 * STRETCH * 4;
        assertThatThrownBy(() -> run(baselines, EvalResults.of(cut, null, SETTINGS)))
                .isInstanceOf(CancellationException.class);
        model.stepsLeft = Long.MAX_VALUE;
        int done = model.scored.size();
        run(baselines, EvalResults.of(cut, null, SETTINGS));

        assertThat(untimed(cut)).isEqualTo(untimed(whole));
        int more = model.scored.size() - done;
        run(baselines, EvalResults.of(cut, null, SETTINGS));
        assertThat(model.scored).as("nothing is measured again").hasSize(done + more);
        assertThat(untimed(cut)).isEqualTo(untimed(whole));
        try (var files = Files.list(cut.resolve("tokens"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .contains("test_uniform_0.7_fixed.nll.npy", "test_uniform_0.7_fixed.actions.npy")
                    .allMatch(name -> name.endsWith(".npy"));
        }
    }

    private static String untimed(Path folder) throws IOException {
        return Files.readString(folder.resolve(ResultFiles.RESULTS)).replaceAll("\"policy_ms[a-z_]*\" : [^,]+", "");
    }

    private void run(Set<String> baselines, EvalResults results) {
        Comparison comparison = comparison(baselines, results);
        results.row(RowJson.of(comparison.dense().row()));
        comparison.at(Policies.byName("uniform"), .7).entries().forEach(entry -> results.row(RowJson.of(entry.row())));
    }

    @Test
    void aFolderOfOtherSettingsIsRefused(@TempDir Path folder) {
        EvalResults.of(folder, null, SETTINGS);
        ObjectNode other = SETTINGS.deepCopy().put("windows", 41);
        assertThatThrownBy(() -> EvalResults.of(folder, null, other))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("windows is 40 there and 41 here")
                .hasMessageContaining("name another folder");
    }

    @Test
    void aDamagedFolderIsRefused(@TempDir Path folder) throws IOException {
        run(Set.of("fixed"), EvalResults.of(folder, null, SETTINGS));
        Path tokens = folder.resolve("tokens").resolve("test_uniform_0.7_fixed.nll.npy");
        Files.write(tokens, new byte[100]);
        EvalResults damaged = EvalResults.of(folder, null, SETTINGS);
        assertThatThrownBy(() -> run(Set.of("fixed"), damaged))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("is damaged")
                .hasMessageContaining("fixed.nll.npy");
    }
}
