package dev.sol.runtime.openai;

import dev.sol.runtime.RequestException;
import dev.sol.runtime.engine.Prompt;
import java.util.List;

/**
 * A parsed body of {@code POST /v1/embeddings}: {@code "input"} (required; a string, an array of tokens, or an array of these), {@code
 * encoding_format} ({@code float} or {@code base64}), {@code model}; {@code dimensions} is refused.
 *
 * @param inputs what to embed, at least one
 * @param base64 write vectors as little-endian floats in Base64
 */
public record EmbeddingCall(List<Prompt> inputs, boolean base64) {
    public EmbeddingCall {
        inputs = List.copyOf(inputs);
    }

    /**
     * Parses a body.
     *
     * @param model the id of the loaded model
     * @throws RequestException if it is not JSON, or a field is missing or wrong
     */
    public static EmbeddingCall parse(String model, byte[] body) {
        Fields fields = new Fields(Json.readObject("the body", body));
        GenerationFields.checkModel(fields, model);
        if (fields.node("dimensions") != null) {
            throw new RequestException("dimensions is not supported", "dimensions", "unsupported_parameter");
        }
        String format = fields.text("encoding_format");
        boolean base64 = "base64".equals(format);
        if (format != null && !base64 && !format.equals("float")) {
            throw RequestException.invalid(
                    "encoding_format", "encoding_format must be float or base64, not '" + format + "'");
        }
        return new EmbeddingCall(PromptField.read(fields, "input"), base64);
    }
}
