package dev.sol.trainer.eval;

import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.learned.LearnedPolicy;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.MlpCriterion;
import dev.sol.runtime.ModelInfo;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.gguf.GgufFile;
import dev.sol.runtime.gguf.GgufTensor;
import dev.sol.runtime.gguf.GgufValue;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The cost of a decode step by counting: operations and bytes, from the sizes of the model's tensors and what a step realised. The same
 * for masked and skipped steps; what it leaves out (norms, activations, rounding, caches) is small or not of the knobs.
 *
 * <p>With κ, ρ realised, n positions visible, d = KV heads × head size, h query heads of that size, L layers:
 *
 * <ul>
 *   <li>weights: 2 operations and the stored bytes for each; of MLPs, neurons: gate in full, up and down by ρ; channels: gate and up by
 *       ρ, down in full; of experts the share that is routed to; of a token embedding that is not also the head one row, as nothing
 *   <li>attention, per layer: 4·h·κn operations, and 2·2·d·κn bytes of F16 keys and values
 *   <li>page summaries (quest: two bounds, mean: one mean, and one more mean of values with a tail), F32, per layer: d for each of n/page
 *       and summary in bytes, 2·h operations
 *   <li>the policy: 2 operations and 4 bytes for each of its parameters
 *   <li>refresh every T: each token once more, dense, its weights read once for T of them
 * </ul>
 *
 * @param fixed weights that no knob reaches
 * @param gate first matrix of gated MLPs
 * @param up of MLPs
 * @param down of MLPs
 * @param layers number of layers
 * @param kvWidth d
 * @param queryWidth h
 */
record TokenCosts(Weights fixed, Weights gate, Weights up, Weights down, int layers, long kvWidth, long queryWidth) {
    private static final int F16 = 2;
    private static final int F32 = 4;

    /** Some of the weights. */
    record Weights(double count, double bytes) {
        static final Weights NONE = new Weights(0, 0);

        Weights plus(double moreCount, double moreBytes) {
            return new Weights(count + moreCount, bytes + moreBytes);
        }

        TokenCost cost() {
            return new TokenCost(2 * count, bytes);
        }
    }

    /**
     * Reads a model's sizes.
     *
     * @throws RequestException if the file cannot be read
     */
    static TokenCosts of(Path model, ModelInfo info) {
        try (GgufFile file = GgufFile.open(model)) {
            return of(file, info);
        } catch (IOException e) {
            throw RequestException.invalid("model", "cannot read " + model + ": " + e.getMessage());
        }
    }

    private static TokenCosts of(GgufFile file, ModelInfo info) {
        double routed = share(file, info.architecture());
        boolean hasHead = file.tensor("output.weight").isPresent();
        Weights fixed = Weights.NONE;
        Weights gate = Weights.NONE;
        Weights up = Weights.NONE;
        Weights down = Weights.NONE;
        for (GgufTensor tensor : file.tensors()) {
            String name = tensor.name();
            if (tensor.shape().size() < 2 || (name.startsWith("token_embd") && hasHead)) {
                continue;
            }
            double part = name.contains("_exps") ? routed : 1;
            double count = part * tensor.elements();
            double bytes = part * tensor.bytes();
            if (name.contains("ffn_gate") && !name.contains("ffn_gate_inp")) {
                gate = gate.plus(count, bytes);
            } else if (name.contains("ffn_up")) {
                up = up.plus(count, bytes);
            } else if (name.contains("ffn_down")) {
                down = down.plus(count, bytes);
            } else {
                fixed = fixed.plus(count, bytes);
            }
        }
        long head = number(
                file,
                info.architecture() + ".attention.key_length",
                info.embeddingLength() / Math.max(1, info.heads()));
        return new TokenCosts(fixed, gate, up, down, info.layers(), info.kvHeads() * head, info.heads() * head);
    }

    private static double share(GgufFile file, String architecture) {
        long all = number(file, architecture + ".expert_count", 0);
        return all == 0 ? 1 : (double) number(file, architecture + ".expert_used_count", all) / all;
    }

    private static long number(GgufFile file, String key, long otherwise) {
        return file.metadata(key).map(GgufValue::asLong).orElse(otherwise);
    }

    /**
     * A decode step.
     *
     * @param realised what it uses
     * @param visible positions, the token's own included
     * @param refresh T, 0: never
     */
    TokenCost step(Budget realised, double visible, KnobOptions knobs, ComputePolicy policy, int refresh) {
        TokenCost cost = weights(realised.mlp(), knobs)
                .plus(attention(realised.attn() * visible))
                .plus(summaries(visible, knobs, realised.attn() < 1))
                .plus(policy(policy));
        if (refresh > 0) {
            TokenCost all = weights(1, knobs);
            cost = cost.plus(new TokenCost(all.flops(), all.bytes() / refresh)).plus(attention(visible));
        }
        return cost;
    }

    private TokenCost weights(double mlp, KnobOptions knobs) {
        boolean channels = knobs.mlp() == MlpCriterion.CHANNEL;
        return fixed.cost()
                .plus(gate.cost().times(channels ? mlp : 1))
                .plus(up.cost().times(mlp))
                .plus(down.cost().times(channels ? 1 : mlp));
    }

    private TokenCost attention(double positions) {
        return new TokenCost(4.0 * queryWidth * positions * layers, 2.0 * F16 * kvWidth * positions * layers);
    }

    private TokenCost summaries(double visible, KnobOptions knobs, boolean used) {
        if (!used || !knobs.attention().hasPages()) {
            return new TokenCost(0, 0);
        }
        int count = switch (knobs.attention()) {
            case QUEST -> 2;
            case MEAN -> 1;
            case RECENCY -> 0;
        };
        count += knobs.dropped() == dev.sol.runtime.DroppedPages.TAIL ? 1 : 0;
        double pages = visible / knobs.page() * count * layers;
        return new TokenCost(2 * queryWidth * pages, F32 * kvWidth * pages);
    }

    private static TokenCost policy(ComputePolicy policy) {
        if (!(policy instanceof LearnedPolicy learned)) {
            return new TokenCost(0, 0);
        }
        double parameters = learned.file().weights().parameters();
        return new TokenCost(2 * parameters, F32 * parameters);
    }
}
