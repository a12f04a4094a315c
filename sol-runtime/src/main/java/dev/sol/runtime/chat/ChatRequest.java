package dev.sol.runtime.chat;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * What a prompt is made of, in the JSON of OpenAI's API. {@link ChatTemplate#apply} checks it.
 *
 * @param messages an array; contents are strings or arrays of parts of type {@code text}
 * @param tools an array of functions; null = none
 * @param toolChoice {@code "auto"}, {@code "none"}, {@code "required"} or an object that names a function; null = auto
 * @param responseFormat {@code {"type": "text" | "json_object" | "json_schema", …}}; null = text
 * @param parallelToolCalls several calls in one answer; null = if the template supports it
 * @param addGenerationPrompt end the prompt where the assistant's turn begins
 * @param templateArguments an object of further variables of the template ({@code chat_template_kwargs}); null = none
 * @param reasoning where thoughts go
 */
public record ChatRequest(
        JsonNode messages,
        @Nullable JsonNode tools,
        @Nullable JsonNode toolChoice,
        @Nullable JsonNode responseFormat,
        @Nullable Boolean parallelToolCalls,
        boolean addGenerationPrompt,
        @Nullable JsonNode templateArguments,
        ReasoningFormat reasoning) {

    /** A request with these messages and nothing else. */
    public static Builder builder(JsonNode messages) {
        return new Builder(messages);
    }

    /** Collects the values of a request. For one thread. */
    public static final class Builder {
        private final JsonNode messages;
        private @Nullable JsonNode tools;
        private @Nullable JsonNode toolChoice;
        private @Nullable JsonNode responseFormat;
        private @Nullable Boolean parallelToolCalls;
        private boolean addGenerationPrompt = true;
        private @Nullable JsonNode templateArguments;
        private ReasoningFormat reasoning = ReasoningFormat.SEPARATE;

        private Builder(JsonNode messages) {
            this.messages = messages;
        }

        public Builder tools(@Nullable JsonNode value) {
            tools = value;
            return this;
        }

        public Builder toolChoice(@Nullable JsonNode value) {
            toolChoice = value;
            return this;
        }

        public Builder responseFormat(@Nullable JsonNode value) {
            responseFormat = value;
            return this;
        }

        public Builder parallelToolCalls(@Nullable Boolean value) {
            parallelToolCalls = value;
            return this;
        }

        public Builder addGenerationPrompt(boolean value) {
            addGenerationPrompt = value;
            return this;
        }

        public Builder templateArguments(@Nullable JsonNode value) {
            templateArguments = value;
            return this;
        }

        public Builder reasoning(ReasoningFormat value) {
            reasoning = value;
            return this;
        }

        /** The request. */
        public ChatRequest build() {
            return new ChatRequest(
                    messages,
                    tools,
                    toolChoice,
                    responseFormat,
                    parallelToolCalls,
                    addGenerationPrompt,
                    templateArguments,
                    reasoning);
        }
    }
}
