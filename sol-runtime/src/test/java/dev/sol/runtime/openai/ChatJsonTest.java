package dev.sol.runtime.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.engine.FinishReason;
import dev.sol.runtime.engine.PolicyRegistry;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What readers hold back, and what they tell apart. */
class ChatJsonTest {
    private static ChatJson json(String more) {
        String body = "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]" + more + "}";
        ChatCall call =
                new ChatParser("m", PolicyRegistry.BUILT_IN, RequestLimits.DEFAULT, false).parse(body.getBytes(UTF_8));
        return new ChatJson(
                "chatcmpl-1", 7, "m", call, new FakeRendered(Optional.empty()), token -> ("t" + token).getBytes(UTF_8));
    }

    private static String delta(ObjectNode chunk) {
        return chunk.at("/choices/0/delta").toString();
    }

    @Test
    void thoughtsAreApart() {
        try (ChatJson json = json("")) {
            ObjectNode body = json.whole(List.of(
                    Results.some().text("Hm hm.Yes it is", FinishReason.STOP).build()));
            assertThat(body.at("/choices/0/message/content").asText()).isEqualTo("Yes it is");
            assertThat(body.at("/choices/0/message/reasoning_content").asText()).isEqualTo("Hm hm.");
            assertThat(body.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
        }
    }

    @Test
    void tokensWaitForTheirText() {
        try (ChatJson json = json(", \"logprobs\": true")) {
            assertThat(json.more(0, "Wo", List.of(Results.token(1, "Wo")))).isEmpty();
            List<ObjectNode> chunks = json.more(0, "rd ", List.of(Results.token(2, "rd ")));
            assertThat(chunks).hasSize(1);
            assertThat(delta(chunks.getFirst())).isEqualTo("{\"reasoning_content\":\"Word \"}");
            assertThat(chunks.getFirst().at("/choices/0/logprobs/content"))
                    .extracting(token -> token.get("token").asText())
                    .containsExactly("t1", "t2");
        }
    }

    @Test
    void theEndTellsTheRest() {
        try (ChatJson json = json("")) {
            assertThat(delta(json.begin(0).getFirst())).isEqualTo("{\"role\":\"assistant\",\"content\":\"\"}");
            assertThat(json.more(0, "rest", List.of())).isEmpty();
            List<ObjectNode> chunks =
                    json.end(0, Results.some().text("rest", FinishReason.LENGTH).build());
            assertThat(chunks)
                    .extracting(ChatJsonTest::delta)
                    .containsExactly("{\"reasoning_content\":\"rest\"}", "{}");
            assertThat(chunks.getLast().at("/choices/0/finish_reason").asText()).isEqualTo("length");
            assertThat(chunks.getLast().has("usage")).isTrue();
        }
    }
}
