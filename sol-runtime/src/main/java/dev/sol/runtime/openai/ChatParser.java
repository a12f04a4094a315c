package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sol.runtime.Grammar;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.chat.ChatRequest;
import dev.sol.runtime.chat.ReasoningFormat;
import dev.sol.runtime.engine.PolicyRegistry;
import dev.sol.runtime.engine.TokenLogprobs;
import org.jspecify.annotations.Nullable;

/**
 * Bodies of {@code POST /v1/chat/completions} and {@code POST /apply-template}. Immutable; for any thread.
 *
 * <p>What {@link CompletionParser} says of sampling, budgets and limits is so here, too. Instead of {@code prompt}, {@code echo} and
 * its {@code logprobs} there are {@code messages} (required), {@code max_completion_tokens} or {@code max_tokens} (1024), {@code
 * logprobs} (false) with {@code top_logprobs} (0), {@code tools}, {@code tool_choice}, {@code parallel_tool_calls}, {@code
 * response_format} and {@code chat_template_kwargs}.
 */
public final class ChatParser {
    /** Enough for an answer; {@link CompletionParser} has a smaller one for texts that have no end. */
    public static final int DEFAULT_MAX_TOKENS = 1024;

    private final GenerationFields generation;
    private final boolean tools;

    /**
     * @param model the id of the loaded model
     * @param policies that requests can name
     * @param tools whether the model's template knows tools
     */
    public ChatParser(String model, PolicyRegistry policies, RequestLimits limits, boolean tools) {
        this.generation = new GenerationFields(model, policies, limits);
        this.tools = tools;
    }

    /**
     * Parses a body.
     *
     * @param body JSON
     * @throws RequestException if it is not JSON, or a field is missing or wrong; see {@link ApiError#of}
     */
    public ChatCall parse(byte[] body) {
        Fields fields = new Fields(Json.readObject("the body", body));
        GenerationFields.checkModel(fields, generation.model());
        ChatRequest conversation = conversation(fields);
        GenerationSettings settings = generation.read(fields, maxTokens(fields), logprobs(fields), false);
        return new ChatCall(
                conversation, settings.withGrammar(grammar(fields, conversation)), GenerationFields.delivery(fields));
    }

    /**
     * The conversation alone, for a body that is only to be put into the template.
     *
     * @throws RequestException as {@link #parse}
     */
    public ChatRequest conversation(byte[] body) {
        return conversation(new Fields(Json.readObject("the body", body)));
    }

    private ChatRequest conversation(Fields fields) {
        ChatTools wanted = ChatTools.read(fields, tools);
        JsonNode parallel = fields.node("parallel_tool_calls");
        JsonNode arguments = fields.node("chat_template_kwargs");
        return new ChatRequest(
                ChatMessages.read(fields),
                wanted.tools(),
                wanted.choice(),
                ResponseFormat.check(fields),
                parallel == null ? null : fields.flag("parallel_tool_calls"),
                fields.flag("add_generation_prompt", true),
                arguments == null ? null : Json.object("chat_template_kwargs", "chat_template_kwargs", arguments),
                ReasoningFormat.SEPARATE);
    }

    /** The user's own; that of a response format and of tools comes with the rendered prompt. */
    private static @Nullable Grammar grammar(Fields fields, ChatRequest conversation) {
        String own = fields.text("grammar");
        if (own == null || own.isEmpty()) {
            return null;
        }
        if (conversation.responseFormat() != null || conversation.tools() != null) {
            throw RequestException.invalid(
                    "grammar", "a request has response_format, tools or grammar, not two of them");
        }
        return Grammar.gbnf(own);
    }

    private int maxTokens(Fields fields) {
        String name = fields.node("max_completion_tokens") == null ? "max_tokens" : "max_completion_tokens";
        return generation.maxTokens(fields, name, DEFAULT_MAX_TOKENS);
    }

    private static int logprobs(Fields fields) {
        boolean wanted = fields.flag("logprobs");
        int top = fields.integer("top_logprobs", 0);
        if (top < 0 || top > TokenLogprobs.MAX_TOP) {
            throw RequestException.invalid(
                    "top_logprobs", "top_logprobs must be from 0 to %d, not %d".formatted(TokenLogprobs.MAX_TOP, top));
        }
        if (top > 0 && !wanted) {
            throw RequestException.invalid("top_logprobs", "top_logprobs needs logprobs to be true");
        }
        return wanted ? top : -1;
    }
}
