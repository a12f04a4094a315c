package dev.sol.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.sol.policy.Action;
import dev.sol.policy.Axis;
import dev.sol.policy.BudgetTracker;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Observation;
import dev.sol.policy.Policies;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import dev.sol.trainer.stats.PairedBootstrap;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A policy against its baselines, on a "model" for which it is known who is better. */
class ComparisonTest {
    private static final int PREFIX = 20;
    private static final int STRETCH = 64;

    private final StringWriter err = new StringWriter();
    private final Progress progress = new Progress(new PrintWriter(err), false, () -> 0);

    private Comparison comparison() {
        PolicyEvaluation evaluation =
                new PolicyEvaluation(new FakeLockstep(4), FakeLockstep.windows(40, PREFIX + STRETCH + 1), PREFIX);
        return new Comparison(evaluation, null, new PairedBootstrap(1000, .95, 1), 1, progress);
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
        List<Row> told = new ArrayList<>();
        List<Row> rows = comparison().at(new Clairvoyant(), .7, told::add);

        assertThat(told).isEqualTo(rows);
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
        List<Row> rows = comparison().at(Policies.byName("uniform"), .7, _ -> {});
        rows = rows.subList(1, rows.size()); // the first one is the policy, also called uniform

        assertThat(nats(rows, "uniform")).isCloseTo(0, within(1e-3));
        assertThat(nats(rows, "fixed-2l")).isNegative(); // mixing extremes costs, as the loss is convex
    }

    @Test
    void gridsWithoutTargetsAreLeftOut() {
        List<Row> rows = comparison().at(Policies.byName("uniform"), .3, _ -> {});

        assertThat(rows).extracting(Row::policy).containsExactly("uniform", "random", "random-mix", "fixed", "uniform");
    }

    @Test
    void denseIsDense() {
        Row dense = comparison().dense();

        assertThat(dense.mean().mean()).isEqualTo(FakeLockstep.DENSE_NATS);
        assertThat(dense.realised().net()).isEqualTo(1);
        assertThat(dense.millisPerToken()).isNull();
    }

    @Test
    void tableAndJson(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("rows.json");
        List<Row> rows = comparison().at(new Clairvoyant(), .7, _ -> {});
        EvalJson json = new EvalJson(file, JsonNodeFactory.instance.objectNode().put("windows", 40));
        for (Row row : rows) {
            json.add(row);
        }

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
}
