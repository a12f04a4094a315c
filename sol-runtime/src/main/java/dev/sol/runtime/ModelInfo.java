package dev.sol.runtime;

import dev.sol.bindings.Llama;
import dev.sol.bindings.ModelHandle;
import org.jspecify.annotations.Nullable;

/**
 * What a model is.
 *
 * @param architecture as in the file: {@code llama}, {@code qwen3}, …
 * @param name the name in the file; null without one
 * @param description architecture, size and type of the weights in a few words, such as {@code llama 1B Q4_0}
 * @param fileType llama.cpp's name for the type of most weights, such as {@code Q4_0}
 * @param parameters number of weights
 * @param sizeBytes of all tensors
 * @param layers number of layers
 * @param heads query heads of the first layer
 * @param kvHeads key and value heads of the first layer
 * @param embeddingLength floats in a hidden state and in a token embedding
 * @param vocabularySize number of tokens
 * @param contextLength tokens that the model was trained with; 0 if the file does not say
 */
public record ModelInfo(
        String architecture,
        @Nullable String name,
        String description,
        String fileType,
        long parameters,
        long sizeBytes,
        int layers,
        int heads,
        int kvHeads,
        int embeddingLength,
        int vocabularySize,
        int contextLength) {

    static ModelInfo of(ModelHandle model) {
        String architecture = Llama.metadata(model, "general.architecture");
        String description = Llama.description(model);
        return new ModelInfo(
                architecture == null ? "unknown" : architecture,
                Llama.metadata(model, "general.name"),
                description,
                description.substring(description.lastIndexOf(' ') + 1),
                Llama.parameterCount(model),
                Llama.sizeBytes(model),
                Llama.layerCount(model),
                Llama.headCount(model),
                Llama.kvHeadCount(model),
                model.embeddingLength(),
                model.vocab().size(),
                Llama.trainingContextLength(model));
    }
}
