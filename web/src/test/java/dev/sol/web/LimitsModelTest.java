package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.runtime.openai.RequestLimits;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Times that requests may take, and what {@code /props} says of limits and of the model. */
@Tag("model")
class LimitsModelTest {
    private static final String LONG =
            "{\"prompt\": \"Once upon a time\", \"max_tokens\": 200, \"temperature\": 0, \"ignore_eos\": true%s}";

    /** Done long before the timeout, on a busy machine, too. */
    private static final String SHORT = LONG.replace("200", "20");

    private static ModelServer server;

    @BeforeAll
    static void start() {
        server = ModelServer.start(new RequestLimits(210, 3, Optional.of(Duration.ofSeconds(1))));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void theTimeoutEndsTheText() {
        server.pauseAfterText(50);
        try {
            Client.Answer answer = server.client.complete(LONG.formatted(""));
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.finishReason()).isEqualTo("length");
            assertThat(answer.body().at("/usage/completion_tokens").asInt()).isBetween(1, 199);
            List<JsonNode> chunks = EventStream.chunks(server.client.stream(LONG.formatted(", \"stream\": true")));
            assertThat(chunks.getLast().at("/choices/0/finish_reason").asText()).isEqualTo("length");
        } finally {
            server.pauseAfterText(0);
        }
    }

    @Test
    void deadlines() {
        JsonNode met = server.client
                .complete(SHORT.formatted(", \"budget\": {\"deadline_ms\": 500000}"))
                .body();
        assertThat(met.at("/sol/deadline_met").asBoolean()).isTrue();
        assertThat(met.at("/usage/completion_tokens").asInt()).isEqualTo(20);
        JsonNode missed = server.client
                .complete(SHORT.formatted(", \"budget\": {\"deadline_ms\": 0.01}"))
                .body();
        assertThat(missed.at("/sol/deadline_met").isBoolean())
                .as(missed.toString())
                .isTrue();
        assertThat(missed.at("/sol/deadline_met").asBoolean()).isFalse();
        assertThat(missed.at("/sol/realised/attn").asDouble())
                .as("the least there is")
                .isLessThan(met.at("/sol/requested/attn").asDouble());
    }

    @Test
    void properties() {
        JsonNode props = server.client.get("/props").body();
        assertThat(props.at("/model/architecture").asText()).isEqualTo("llama");
        assertThat(props.at("/model/trained_context").asInt()).isEqualTo(ModelServer.CONTEXT);
        assertThat(props.at("/limits")).isEqualTo(Client.json("{\"n\": 3, \"max_tokens\": 210, \"timeout_s\": 1.0}"));
        assertThat(props.get("policies"))
                .extracting(policy -> policy.get("name").asText())
                .contains("dense", "uniform", "random", "entropy", "drift");
        assertThat(props.at("/policies/0/grid/attn/0").asDouble()).isEqualTo(.05);
        assertThat(props.at("/policies/0/grid/bits/0").asInt()).isEqualTo(4);
        assertThat(props.get("policies"))
                .filteredOn(policy -> policy.get("default").asBoolean())
                .singleElement()
                .satisfies(policy -> assertThat(policy.get("name").asText()).isEqualTo("uniform"));
        assertThat(props.get("layers"))
                .hasSize(4)
                .allSatisfy(layer -> assertThat(layer.get("mlp_units").asInt()).isPositive());
        assertThat(props.get("chat_template").asText()).contains("messages");
    }
}
