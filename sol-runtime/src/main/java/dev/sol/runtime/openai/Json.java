package dev.sol.runtime.openai;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.RequestException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads JSON that users write, and says what is wrong with it. */
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .build();

    private Json() {}

    /**
     * Parses a JSON value.
     *
     * @param what for messages, such as "the body"
     * @throws RequestException if it is not JSON
     */
    public static JsonNode read(String what, byte[] json) {
        try (JsonParser parser = MAPPER.createParser(json)) {
            JsonNode node = MAPPER.readTree(parser);
            if (node == null) {
                throw notJson(what, "it is empty");
            }
            if (parser.nextToken() != null) {
                throw notJson(what, "there is more after its end" + where(parser.currentTokenLocation()));
            }
            return node;
        } catch (JsonEOFException e) {
            throw notJson(what, "it ends too early" + where(e.getLocation()));
        } catch (JsonProcessingException e) {
            throw notJson(what, firstLine(e.getOriginalMessage()) + where(e.getLocation()));
        } catch (IOException e) { // bytes that are no text
            throw notJson(what, firstLine(String.valueOf(e.getMessage())));
        }
    }

    /**
     * Parses a JSON object.
     *
     * @throws RequestException if it is none
     */
    public static ObjectNode readObject(String what, byte[] json) {
        return object(what, null, read(what, json));
    }

    /** @param param the field that it is in; null: it is the body */
    static ObjectNode object(String what, @Nullable String param, JsonNode node) {
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw new RequestException(
                what + " must be a JSON object, not " + Fields.describe(node), param, "invalid_type");
    }

    private static RequestException notJson(String what, String why) {
        return new RequestException(what + " is not valid JSON: " + why, null, "invalid_json");
    }

    private static String where(@Nullable JsonLocation at) {
        return at == null ? "" : " (line %d, column %d)".formatted(at.getLineNr(), at.getColumnNr());
    }

    /** Without Jackson's advice to programmers. */
    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("").replaceFirst(": enable `.*", "");
    }
}
