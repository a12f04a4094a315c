package dev.sol.runtime.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.engine.TraceEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Answers to {@code POST /v1/completions}. */
public final class CompletionJson implements AnswerJson {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final String id;
    private final long created;
    private final String model;
    private final CompletionCall call;
    private final List<String> echoes;
    private final TokenText texts;
    private final Map<Integer, CompletionLogprobs> logprobs = new HashMap<>();

    /**
     * @param id of the answer, equal in all chunks
     * @param created seconds since 1970
     * @param model the id of the loaded model
     * @param echoes the texts of the prompts, for a call that wants them back; otherwise empty
     * @param texts of tokens, for a call that wants log-probabilities
     */
    CompletionJson(String id, long created, String model, CompletionCall call, List<String> echoes, TokenText texts) {
        this.id = id;
        this.created = created;
        this.model = model;
        this.call = call;
        this.echoes = List.copyOf(echoes);
        this.texts = texts;
    }

    /**
     * With a new id, and the present time.
     *
     * @param echoes the texts of the prompts, for a call that wants them back; otherwise empty
     * @param texts of tokens, for a call that wants log-probabilities
     */
    public static CompletionJson create(String model, CompletionCall call, List<String> echoes, TokenText texts) {
        return new CompletionJson(id("cmpl-"), System.currentTimeMillis() / 1000, model, call, echoes, texts);
    }

    /** The same, for a call that wants neither. */
    public static CompletionJson create(String model, CompletionCall call) {
        return create(model, call, List.of(), _ -> new byte[0]);
    }

    static String id(String prefix) {
        return prefix + UUID.randomUUID().toString().replace("-", "");
    }

    @Override
    public ObjectNode whole(List<CompletionResult> results) {
        ObjectNode body = body();
        ArrayNode choices = body.putArray("choices");
        for (int i = 0; i < results.size(); i++) {
            CompletionResult result = results.get(i);
            ObjectNode choice = choice(
                    i,
                    echo(i) + result.text(),
                    wholeLogprobs(i, result),
                    result.finishReason().key());
            choices.add(choice);
            if (results.size() > 1) {
                Figures.add(choice, result);
            }
        }
        body.set("usage", Figures.usage(results, call.choicesPerPrompt()));
        if (results.size() == 1) {
            Figures.add(body, results.getFirst());
        }
        return body;
    }

    private @Nullable ObjectNode wholeLogprobs(int choice, CompletionResult result) {
        if (!call.logprobs()) {
            return null;
        }
        List<TraceEntry> tokens = new ArrayList<>();
        if (result.prompt() != null) {
            tokens.addAll(result.prompt());
        }
        if (result.tokens() != null) {
            tokens.addAll(result.tokens());
        }
        return logprobs(choice).next(tokens);
    }

    private CompletionLogprobs logprobs(int choice) {
        return logprobs.computeIfAbsent(choice, _ -> new CompletionLogprobs(texts));
    }

    private String echo(int choice) {
        return call.echo() ? echoes.get(choice / call.choicesPerPrompt()) : "";
    }

    @Override
    public List<ObjectNode> begin(int choice) {
        String echo = echo(choice);
        return echo.isEmpty() ? List.of() : List.of(chunk(choice(choice, echo, null, null)));
    }

    @Override
    public List<ObjectNode> more(int choice, String text, List<TraceEntry> tokens) {
        boolean trace = call.requests().get(choice).trace() && !tokens.isEmpty();
        if (text.isEmpty() && !call.logprobs() && !trace) {
            return List.of();
        }
        ObjectNode chunk =
                chunk(choice(choice, text, call.logprobs() ? logprobs(choice).next(tokens) : null, null));
        if (trace) {
            chunk.putObject("sol").set("trace", Figures.trace(tokens));
        }
        return List.of(chunk);
    }

    @Override
    public List<ObjectNode> end(int choice, CompletionResult result) {
        ObjectNode chunk = chunk(choice(choice, "", null, result.finishReason().key()));
        if (call.requests().size() == 1) {
            chunk.set("usage", Figures.usage(List.of(result), 1));
        }
        Figures.add(chunk, result);
        return List.of(chunk);
    }

    @Override
    public ObjectNode usage(List<CompletionResult> results) {
        ObjectNode body = body();
        body.putArray("choices");
        body.set("usage", Figures.usage(results, call.choicesPerPrompt()));
        return body;
    }

    private ObjectNode body() {
        return JSON.objectNode()
                .put("id", id)
                .put("object", "text_completion")
                .put("created", created)
                .put("model", model);
    }

    private ObjectNode chunk(ObjectNode choice) {
        ObjectNode body = body();
        body.putArray("choices").add(choice);
        return body;
    }

    private static ObjectNode choice(
            int index, String text, @Nullable ObjectNode logprobs, @Nullable String finishReason) {
        ObjectNode choice =
                JSON.objectNode().put("index", index).put("text", text).put("finish_reason", finishReason);
        choice.set("logprobs", logprobs);
        return choice;
    }
}
