package dev.sol.runtime.engine;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.learned.PolicyFile;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.runtime.gguf.GgufFile;
import dev.sol.runtime.gguf.ModelSignature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Files of policies that were never trained, but have strong opinions: the weights of their heads are random. */
public final class PolicyFiles {
    /** T of all of them. */
    public static final int HORIZON = 16;

    private PolicyFiles() {}

    /**
     * Writes a policy for a model.
     *
     * @param split of its budgets
     * @return {@code file}
     */
    public static Path write(Path file, Path model, ActionGrid grid, boolean entropy, List<Budget> split)
            throws IOException {
        ModelSignature signature = ModelSignature.of(model);
        return write(file, signature, embedding(model, signature), grid, entropy, split);
    }

    /** As above, for a model with this signature and so many floats in a hidden state. */
    public static Path write(
            Path file, ModelSignature model, int embedding, ActionGrid grid, boolean entropy, List<Budget> split)
            throws IOException {
        PolicySpec spec = new PolicySpec(embedding, 16, 2, HORIZON, 4, entropy, .1, grid);
        PolicyWeights initial = PolicyWeights.initial(spec, 1);
        Map<String, float[]> tensors = new TreeMap<>();
        spec.shapes().keySet().forEach(name -> tensors.put(name, initial.tensor(name)));
        Random random = new Random(7);
        float[] head = initial.tensor("head.weight");
        for (int i = 0; i < head.length; i++) {
            head[i] = (float) random.nextGaussian();
        }
        tensors.put("head.weight", head);
        PolicyFile.Header header = new PolicyFile.Header(
                PolicyFile.Targets.of(grid),
                split,
                new PolicyFile.Model(model.architecture(), model.tensors(), "a test"),
                Map.of());
        new PolicyFile(new PolicyWeights(spec, tensors), header).write(file);
        return file;
    }

    private static int embedding(Path model, ModelSignature signature) throws IOException {
        try (GgufFile file = GgufFile.open(model)) {
            return (int) file.metadata(signature.architecture() + ".embedding_length")
                    .orElseThrow()
                    .asLong();
        }
    }
}
