package dev.sol.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.bindings.Grammars;
import dev.sol.bindings.NativeLibraryException;
import dev.sol.bindings.SolException;
import java.util.List;

/**
 * What a completion's text must be: a grammar, and from when on it holds. An immutable description; {@link Sampler} reads the
 * grammar.
 *
 * @param gbnf the grammar in llama.cpp's GBNF, with a rule {@code root}
 * @param lazy false: it holds from the first token; true: from the first trigger on
 * @param triggers what begins the part that it holds for, if {@code lazy}
 * @param prefill the end of the prompt, if the text that the grammar describes has begun there; otherwise empty
 * @param thinkingStart how a block of thoughts begins, in which nothing triggers; empty if there are none
 * @param thinkingEnds how it may end
 */
public record Grammar(
        String gbnf,
        boolean lazy,
        List<Trigger> triggers,
        String prefill,
        String thinkingStart,
        List<String> thinkingEnds) {

    /**
     * What begins the part of the text that a lazy grammar describes.
     *
     * @param type {@code word}: in the text; {@code pattern}: an ECMAScript expression found in it; {@code pattern_full}: one that
     *     matches all of it. A first group in a pattern is where the part begins
     * @param value the word, or the pattern
     */
    public record Trigger(String type, String value) {}

    public Grammar {
        triggers = List.copyOf(triggers);
        thinkingEnds = List.copyOf(thinkingEnds);
    }

    /**
     * A grammar for the whole text.
     *
     * @param text GBNF. It is read when a {@link Sampler} is made, which refuses a wrong one
     */
    public static Grammar gbnf(String text) {
        return new Grammar(text, false, List.of(), "", "", List.of());
    }

    /** The text is a JSON object. */
    public static Grammar jsonObject() {
        return jsonSchema(JsonNodeFactory.instance.objectNode().put("type", "object"));
    }

    /**
     * The text is JSON that matches a schema.
     *
     * @throws RequestException about {@code response_format} if it is no schema, or says what no grammar can keep
     */
    public static Grammar jsonSchema(JsonNode schema) {
        try {
            return gbnf(Grammars.ofSchema(schema.toString()));
        } catch (NativeLibraryException e) {
            throw new EngineException(String.valueOf(e.getMessage()), e);
        } catch (SolException e) {
            throw NativeErrors.ofRequest(e, "response_format");
        }
    }

    /** What the native side takes. */
    String constraint() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("grammar", gbnf).put("lazy", lazy).put("prefill", prefill).put("thinking_start", thinkingStart);
        ArrayNode triggerList = json.putArray("triggers");
        triggers.forEach(t -> triggerList.addObject().put("type", t.type()).put("value", t.value()));
        ArrayNode ends = json.putArray("thinking_end");
        thinkingEnds.forEach(ends::add);
        return json.toString();
    }
}
