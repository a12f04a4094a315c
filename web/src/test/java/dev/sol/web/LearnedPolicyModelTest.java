package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.learned.Grids;
import dev.sol.policy.learned.PolicyFile;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.cli.ModelSource;
import dev.sol.runtime.cli.PolicyChoices;
import dev.sol.runtime.gguf.ModelSignature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Policies from files over HTTP, on the embedded model. They were never trained: they are static, on their own grids. */
@Tag("model")
class LearnedPolicyModelTest {
    private static final int EMBEDDING = 192;
    private static final Budget LOW = new Budget(.2, .7, 8);
    private static final Budget HIGH = new Budget(.8, .9, 14);

    private static ModelServer server;

    @BeforeAll
    static void start(@TempDir Path folder) throws IOException {
        String coarse = write(folder.resolve("coarse.safetensors"), Grids.PAPER_2L, List.of(LOW, HIGH));
        String fine = write(folder.resolve("fine.safetensors"), ActionGrid.defaultGrid(), List.of());
        server = ModelServer.start(
                8, PolicyChoices.registry(List.of(coarse, fine), new ModelSource(), KnobOptions.DEFAULT));
    }

    private static String write(Path file, ActionGrid grid, List<Budget> split) throws IOException {
        ModelSignature model = ModelSignature.of(EmbeddedModel.file());
        PolicySpec spec = new PolicySpec(EMBEDDING, 16, 2, 16, 4, false, .1, grid);
        PolicyFile.Header header = new PolicyFile.Header(
                PolicyFile.Targets.of(grid),
                split,
                new PolicyFile.Model(model.architecture(), model.tensors(), "sol-tiny"),
                Map.of());
        new PolicyFile(PolicyWeights.initial(spec, 1), header).write(file);
        return file.toString();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static Client.Answer complete(String more) {
        return server.client.complete(
                "{\"prompt\": \"Once upon a time\", \"max_tokens\": 160, \"ignore_eos\": true, \"seed\": 1%s}"
                        .formatted(more));
    }

    @ParameterizedTest
    @CsvSource({
        "', \"budget\": 0.6',                                                    coarse",
        "', \"budget\": {\"attn\": 0.4, \"mlp\": 0.8, \"bits\": 9}',             coarse",
        "', \"policy\": \"coarse\", \"budget\": 0.8',                            coarse",
        "', \"policy\": \"fine\", \"budget\": 0.4',                              fine",
        "', \"policy\": \"fine\", \"budget\": {\"attn\": 0.3, \"bits\": 6}',     fine",
        "', \"policy\": \"uniform\", \"budget\": 0.5',                           uniform",
    })
    void budgetsAreKept(String more, String policy) {
        Client.Answer answer = complete(more);

        assertThat(answer.status()).as(answer.http().body()).isEqualTo(200);
        JsonNode sol = answer.body().get("sol");
        assertThat(sol.get("policy").asText()).isEqualTo(policy);
        assertThat(sol.get("steps").asInt()).isEqualTo(159);
        for (String axis : List.of("attn", "mlp", "bits", "net")) {
            assertThat(sol.get("realised").get(axis).asDouble())
                    .as(axis)
                    .isCloseTo(sol.get("requested").get(axis).asDouble(), within(axis.equals("bits") ? .32 : .02));
        }
    }

    @Test
    void oneNumberIsSplitAsTheFileSays() {
        double net = (LOW.net() + HIGH.net()) / 2;
        JsonNode requested = complete(", \"budget\": " + net).body().at("/sol/requested");

        assertThat(requested.get("attn").asDouble()).isCloseTo(.5, within(1e-5));
        assertThat(requested.get("mlp").asDouble()).isCloseTo(.8, within(1e-5));
        assertThat(requested.get("bits").asDouble()).isCloseTo(11, within(1e-4));
    }

    @Test
    void unknownPoliciesAreAnsweredWithTheKnownOnes() {
        Client.Answer answer = complete(", \"budget\": 0.6, \"policy\": \"magic\"");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body().at("/error/param").asText()).isEqualTo("policy");
        assertThat(answer.body().at("/error/message").asText())
                .isEqualTo(
                        "unknown policy 'magic'; known: dense, uniform, random, entropy, drift, learned, coarse, fine");
    }

    @Test
    void budgetsBelowThePolicysGridAreRefusedWithTheLeast() {
        Client.Answer answer = complete(", \"budget\": 0.3");

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body().at("/error/message").asText()).contains("0.3375 (the minimum)");
    }

    @Test
    void withoutABudgetEverythingIsDense() {
        assertThat(complete("").body().at("/sol/policy").asText()).isEqualTo("dense");
    }

    @Test
    void millisecondsPayForThePolicyToo() {
        JsonNode sol = complete(", \"budget\": {\"ms_per_token\": 1000}").body().get("sol");

        assertThat(sol.get("policy").asText()).isEqualTo("coarse");
        assertThat(sol.at("/requested/net").asDouble()).isEqualTo(1);
        assertThat(sol.get("predicted_ms_per_token").asDouble()).isPositive();
    }
}
