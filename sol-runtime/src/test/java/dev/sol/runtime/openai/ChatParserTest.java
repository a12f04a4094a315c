package dev.sol.runtime.openai;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.runtime.Grammar;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.engine.CompletionRequest;
import dev.sol.runtime.engine.PolicyRegistry;
import dev.sol.runtime.engine.Prompt;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatParserTest {
    private static final String HI = "'messages': [{'role': 'user', 'content': 'Hi'}]";
    private static final String TOOLS = "'tools': [{'type': 'function', 'function': {'name': 'f'}}]";

    private final ChatParser parser = new ChatParser("the-model", PolicyRegistry.BUILT_IN, RequestLimits.DEFAULT, true);

    private static byte[] json(String fields) {
        return ("{" + fields + "}").replace('\'', '"').getBytes(UTF_8);
    }

    private ChatCall parse(String fields) {
        return parser.parse(json(fields));
    }

    private CompletionRequest request(String fields) {
        return parse(fields).requests(new FakeRendered(Optional.empty())).getFirst();
    }

    @Test
    void defaults() {
        CompletionRequest request = request(HI);
        assertThat(request.prompt()).isEqualTo(new Prompt.Text("prompt"));
        assertThat(request.maxTokens()).isEqualTo(ChatParser.DEFAULT_MAX_TOKENS);
        assertThat(request.stop()).containsExactly("</s>");
        assertThat(request.shownTokens()).containsExactly(9);
        assertThat(request.wantsLogprobs()).isFalse();
        assertThat(request.sampling().grammar()).isNull();
    }

    @Test
    void numbersOfTokens() {
        assertThat(request(HI + ", 'max_tokens': 3").maxTokens()).isEqualTo(3);
        assertThat(request(HI + ", 'max_tokens': 3, 'max_completion_tokens': 4").maxTokens())
                .isEqualTo(4);
    }

    @Test
    void logprobs() {
        assertThat(request(HI + ", 'logprobs': true").topLogprobs()).isZero();
        assertThat(request(HI + ", 'logprobs': true, 'top_logprobs': 5").topLogprobs())
                .isEqualTo(5);
        assertThat(request(HI + ", 'logprobs': false, 'top_logprobs': 0").wantsLogprobs())
                .isFalse();
    }

    @Test
    void choicesHaveSeedsInARow() {
        List<CompletionRequest> requests =
                parse(HI + ", 'n': 3, 'seed': 5").requests(new FakeRendered(Optional.empty()));
        assertThat(requests)
                .extracting(request -> request.sampling().seed().orElseThrow())
                .containsExactly(5, 6, 7);
    }

    @Test
    void theGrammarOfTheTemplateGoesFirst() {
        Grammar own = Grammar.gbnf("root ::= \"a\"");
        Grammar templates = Grammar.gbnf("root ::= \"b\"");
        ChatCall call = parse(HI + ", 'grammar': 'root ::= \\'a\\''".replace("\\'", "\\\""));
        assertThat(call.requests(new FakeRendered(Optional.empty()))
                        .getFirst()
                        .sampling()
                        .grammar())
                .isEqualTo(own);
        assertThat(call.requests(new FakeRendered(Optional.of(templates)))
                        .getFirst()
                        .sampling()
                        .grammar())
                .isEqualTo(templates);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'x': 1                                                       | messages",
                "'messages': []                                               | messages",
                "'messages': [{'role': 'user'}]                               | messages[0].content",
                "'messages': [{'role': 'king', 'content': 'x'}]               | messages[0].role",
                "HI, 'max_completion_tokens': -1                              | max_completion_tokens",
                "HI, 'max_tokens': 'x'                                        | max_tokens",
                "HI, 'logprobs': 3                                            | logprobs",
                "HI, 'logprobs': true, 'top_logprobs': 21                     | top_logprobs",
                "HI, 'top_logprobs': 2                                        | top_logprobs",
                "HI, 'tool_choice': 'required'                                | tool_choice",
                "HI, 'tools': [{'type': 'x'}]                                 | tools[0].type",
                "HI, 'chat_template_kwargs': 3                                | chat_template_kwargs",
                "HI, 'response_format': {'type': 'x'}                         | response_format.type",
                "HI, 'grammar': 'root', 'response_format': {'type': 'json_object'} | grammar",
                "HI, 'grammar': 'root', TOOLS                                 | grammar",
            })
    void mistakesAreNamed(String fields, String param) {
        String body = fields.replace("HI", HI).replace("TOOLS", TOOLS);
        assertThatThrownBy(() -> parse(body))
                .isInstanceOfSatisfying(
                        RequestException.class, e -> assertThat(e.param()).isEqualTo(param));
    }

    @Test
    void templatesWithoutToolsRefuseThem() {
        ChatParser plain = new ChatParser("the-model", PolicyRegistry.BUILT_IN, RequestLimits.DEFAULT, false);
        assertThatThrownBy(() -> plain.parse(json(HI + ", " + TOOLS)))
                .isInstanceOfSatisfying(
                        RequestException.class, e -> assertThat(e.param()).isEqualTo("tools"));
    }
}
