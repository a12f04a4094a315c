package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * 64 users at once, for {@code -Dsol.load.seconds} (5): no token is lost, doubled or garbled, and no memory. What a user gets is what a
 * single one gets, up to where two tokens are about equally probable: batches of other sizes add in another order.
 */
@Tag("model")
class LoadModelTest {
    private static final int USERS = 64;
    private static final int TOKENS = 48;
    private static final int SECONDS = Integer.getInteger("sol.load.seconds", 5);

    /** Between the two most probable tokens. */
    private static final double TIE = 1e-2;

    private static final long MEMORY = 24 << 20;

    private static final List<String> PROMPTS = List.of(
            "Once upon a time",
            "The little dog",
            "Lily and Tom went",
            "“Hello,” said the café owner",
            "One day, a",
            "Mia had a red ball",
            "In the park there was",
            "The sun was");

    private final Map<String, JsonNode> single = new HashMap<>();
    private ModelServer server;

    @BeforeEach
    void start() {
        server = ModelServer.start(USERS);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static String body(String prompt, String more) {
        return """
                {"prompt": "%s", "max_tokens": %d, "temperature": 0, "ignore_eos": true%s}""".formatted(prompt, TOKENS, more);
    }

    @Test
    void everyAnswerIsThatOfASingleUser() throws Exception {
        for (String prompt : PROMPTS) {
            JsonNode answer =
                    server.client.complete(body(prompt, ", \"logprobs\": 2")).body();
            assertThat(answer.at("/usage/completion_tokens").asInt()).isEqualTo(TOKENS);
            single.put(prompt, answer.at("/choices/0"));
        }
        long before = 0;
        int answers = 0;
        int ties = 0;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        try (ExecutorService users = Executors.newVirtualThreadPerTaskExecutor()) {
            do {
                List<Future<Boolean>> round = new ArrayList<>();
                for (int i = 0; i < USERS; i++) {
                    String prompt = PROMPTS.get(i % PROMPTS.size());
                    round.add(users.submit(() -> isEqual(prompt)));
                }
                for (Future<Boolean> one : round) {
                    answers++;
                    ties += one.get() ? 0 : 1;
                }
                before = before == 0 ? usedMemory() : before;
            } while (System.nanoTime() - end < 0);
        }
        assertThat(answers).isGreaterThanOrEqualTo(USERS);
        assertThat(ties).as("answers that went another way").isLessThan(answers);
        assertThat(usedMemory() - before).as("bytes that stay").isLessThan(MEMORY);
        assertThat(server.engine.queueLength()).isZero();
        server.accepted.clear();
    }

    /** Streams one answer. False if it goes another way where it may. */
    private boolean isEqual(String prompt) {
        List<JsonNode> chunks = EventStream.chunks(server.client.stream(body(prompt, ", \"stream\": true")));
        JsonNode last = chunks.getLast();
        assertThat(last.at("/usage/completion_tokens").asInt()).isEqualTo(TOKENS);
        assertThat(last.at("/choices/0/finish_reason").asText()).isEqualTo("length");
        String text = EventStream.text(chunks);
        JsonNode expected = Objects.requireNonNull(single.get(prompt));
        String expectedText = expected.get("text").asText();
        if (text.equals(expectedText)) {
            return true;
        }
        int token = differing(expected.get("logprobs"), text);
        JsonNode top = expected.at("/logprobs/top_logprobs").get(token);
        List<Double> values = new ArrayList<>();
        top.forEach(value -> values.add(value.asDouble()));
        assertThat(Math.abs(values.get(0) - values.get(1)))
                .as("«%s» rather than «%s», at token %d", text, expectedText, token)
                .isLessThan(TIE);
        return false;
    }

    /** The first token of the expected text that the other one does not have. */
    private static int differing(JsonNode logprobs, String text) {
        int start = 0;
        JsonNode tokens = logprobs.get("tokens");
        for (int i = 0; i < tokens.size(); i++) {
            String token = tokens.get(i).asText();
            if (!text.startsWith(token, start)) {
                return i;
            }
            start += token.length();
        }
        throw new AssertionError("«%s» goes on behind %s".formatted(text, tokens));
    }

    /** Of the heap, without garbage. */
    private static long usedMemory() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
