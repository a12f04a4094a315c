package dev.sol.trainer.prepare;

import dev.sol.runtime.gguf.GgufFile;
import dev.sol.runtime.gguf.GgufTensor;
import dev.sol.runtime.gguf.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A layer's MLP whose neurons can be put in any order: down · (act(gate · x) ∘ (up · x)), with nothing else that knows the neurons.
 *
 * @param gate rows are neurons
 * @param up rows are neurons
 * @param down columns are neurons
 * @param biases of the gate and of up, those that there are; elements are neurons
 */
record GatedMlp(int layer, GgufTensor gate, GgufTensor up, GgufTensor down, List<GgufTensor> biases) {
    /** Tensors of an MLP that do not know its neurons: norms around it, and what is added to its output. */
    private static final Set<String> INDIFFERENT = Set.of(
            "ffn_norm.weight",
            "ffn_norm.bias",
            "ffn_down.bias",
            "post_ffw_norm.weight",
            "ffn_post_norm.weight",
            "ffn_pre_norm.weight");

    /** Types whose elements can be moved one by one. */
    static final Set<TensorType> UNQUANTISED = Set.of(TensorType.F32, TensorType.F16, TensorType.BF16);

    /** Neurons. */
    int neurons() {
        return Math.toIntExact(gate.rows());
    }

    /** Floats in its input. */
    int inputs() {
        return Math.toIntExact(gate.rowElements());
    }

    /** What is added to gate · x, which a predictor does not know. */
    boolean hasGateBias() {
        return biases.stream().anyMatch(bias -> bias.name().endsWith("ffn_gate.bias"));
    }

    boolean isQuantised() {
        return !UNQUANTISED.contains(gate.type())
                || !UNQUANTISED.contains(up.type())
                || !UNQUANTISED.contains(down.type());
    }

    /**
     * What a file has of them.
     *
     * @param mlps by layer
     * @param leftAlone a line for each layer without such an MLP: why
     */
    record Found(List<GatedMlp> mlps, List<String> leftAlone) {}

    /** Looks through {@code layers} layers. */
    static Found find(GgufFile model, int layers) {
        List<GatedMlp> mlps = new ArrayList<>();
        List<String> leftAlone = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            Optional<String> obstacle = obstacle(model, layer);
            if (obstacle.isPresent()) {
                leftAlone.add("layer %d: %s".formatted(layer, obstacle.get()));
            } else {
                mlps.add(of(model, layer));
            }
        }
        return new Found(List.copyOf(mlps), List.copyOf(leftAlone));
    }

    private static Optional<String> obstacle(GgufFile model, int layer) {
        String prefix = "blk." + layer + ".";
        List<String> names = model.tensors().stream()
                .map(GgufTensor::name)
                .filter(name -> name.startsWith(prefix))
                .map(name -> name.substring(prefix.length()))
                .filter(name -> name.contains("ff"))
                .toList();
        if (names.stream().anyMatch(name -> name.contains("exp") || name.contains("ffn_gate_inp"))) {
            return Optional.of("a mixture of experts");
        }
        if (!names.contains("ffn_up.weight") || !names.contains("ffn_down.weight")) {
            return Optional.of("no MLP");
        }
        if (!names.contains("ffn_gate.weight")) {
            long up = model.tensor(prefix + "ffn_up.weight").orElseThrow().rows();
            long down = model.tensor(prefix + "ffn_down.weight").orElseThrow().rowElements();
            return Optional.of(up == 2 * down ? "gate and up are one matrix" : "no gate");
        }
        Optional<String> unknown = names.stream()
                .filter(name -> !name.matches("ffn_(gate|up)\\.(weight|bias)")
                        && !name.equals("ffn_down.weight")
                        && !INDIFFERENT.contains(name))
                .findFirst();
        if (unknown.isPresent()) {
            return Optional.of(unknown.get() + ", of which nothing is known");
        }
        GatedMlp mlp = of(model, layer);
        boolean fits = mlp.up.rows() == mlp.neurons()
                && mlp.down.rowElements() == mlp.neurons()
                && mlp.biases.stream().allMatch(bias -> bias.elements() == mlp.neurons());
        return fits ? Optional.empty() : Optional.of("gate, up and down do not fit together");
    }

    private static GatedMlp of(GgufFile model, int layer) {
        String prefix = "blk." + layer + ".";
        List<GgufTensor> biases = new ArrayList<>();
        model.tensor(prefix + "ffn_gate.bias").ifPresent(biases::add);
        model.tensor(prefix + "ffn_up.bias").ifPresent(biases::add);
        return new GatedMlp(
                layer,
                model.tensor(prefix + "ffn_gate.weight").orElseThrow(),
                model.tensor(prefix + "ffn_up.weight").orElseThrow(),
                model.tensor(prefix + "ffn_down.weight").orElseThrow(),
                List.copyOf(biases));
    }
}
