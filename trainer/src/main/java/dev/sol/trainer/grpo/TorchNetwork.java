package dev.sol.trainer.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import dev.sol.policy.Axis;
import dev.sol.policy.Observation;
import dev.sol.policy.learned.PolicySpec;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The policy network of {@link dev.sol.policy.learned.PolicyNetwork}, over whole episodes at once, by operations that libtorch can
 * differentiate. Tensors have the names and shapes of {@link PolicySpec#shapes()}. One thread.
 */
final class TorchNetwork {
    private static final float NORM_EPSILON = 1e-5f;

    /** Small enough that no attention is left. */
    private static final float HIDDEN = -1e30f;

    private final PolicySpec spec;
    private final SortedMap<String, NDArray> tensors = new TreeMap<>();

    /**
     * A network whose tensors belong to {@code manager}.
     *
     * @param gradients whether they are to have gradients
     */
    TorchNetwork(PolicySpec spec, SortedMap<String, float[]> weights, NDManager manager, boolean gradients) {
        this.spec = spec;
        spec.shapes().forEach((name, shape) -> {
            float[] values = weights.get(name);
            if (values == null) {
                throw new IllegalArgumentException("no values for " + name);
            }
            NDArray tensor = manager.create(values, shape(shape));
            tensor.setRequiresGradient(gradients);
            tensors.put(name, tensor);
        });
    }

    private static Shape shape(int[] sizes) {
        long[] longs = new long[sizes.length];
        for (int i = 0; i < sizes.length; i++) {
            longs[i] = sizes[i];
        }
        return new Shape(longs);
    }

    /**
     * The logits of every position, padding included.
     *
     * @param manager owns what is computed
     * @return [N, T, L]
     */
    NDArray logits(EpisodeBatch batch, NDManager manager) {
        long n = batch.sequences();
        long t = spec.horizon();
        int vectors = 2 * spec.embedding();
        NDArray features = manager.create(batch.features, new Shape(n, t, spec.features()));
        NDArray previous = manager.create(batch.previous, new Shape(n, t, EpisodeBatch.previousRows(spec)));
        NDArray prior = manager.create(batch.prior, new Shape(n, 1, spec.logits()));

        NDList parts = features.split(new long[] {vectors}, 2);
        NDArray scalars = norm(Activation.gelu(linear(parts.get(1), "scalars")), "scalars.norm");
        NDArray input = NDArrays.concat(new NDList(parts.get(0), previous.matMul(actionTable()), scalars), 2);
        NDArray x = linear(input, "input").add(tensor("position.weight"));
        x = x.add(attention(norm(x, "attn.norm"), manager));
        x = x.add(linear(Activation.gelu(linear(norm(x, "mlp.norm"), "mlp.up")), "mlp.down"));
        NDArray head = linear(norm(x, "head.norm"), "head");

        int first = Observation.TARGETS;
        NDArray targets = parts.get(1)
                .split(new long[] {first, first + Axis.values().length}, 2)
                .get(1);
        NDArray target = linear(Activation.gelu(linear(targets, "target.hidden")), "target.out");
        NDArray outputs = head.add(target);
        return (spec.joint() ? outputs : outputs.matMul(tilts(manager))).add(prior);
    }

    /** [axes, L]: what each axis' tilt adds to the logits. */
    private NDArray tilts(NDManager manager) {
        float[] matrix = new float[spec.outputs() * spec.logits()];
        int row = 0;
        for (Axis axis : Axis.values()) {
            float[] tilt = spec.tilt(axis);
            System.arraycopy(tilt, 0, matrix, row * spec.logits() + spec.logitOffset(axis), tilt.length);
            row++;
        }
        return manager.create(matrix, new Shape(spec.outputs(), spec.logits()));
    }

    /** [P, a]: all rows that a previous action is made of. */
    private NDArray actionTable() {
        if (spec.joint()) {
            return tensor("action.weight");
        }
        NDList tables = new NDList();
        for (Axis axis : Axis.values()) {
            tables.add(tensor("action." + axis.key() + ".weight"));
        }
        return NDArrays.concat(tables, 0);
    }

    /** Causal self-attention over the positions, [N, T, d] to the same. */
    private NDArray attention(NDArray x, NDManager manager) {
        long n = x.getShape().get(0);
        long t = x.getShape().get(1);
        int size = spec.width() / spec.heads();
        NDList qkv = linear(x, "attn.qkv").split(3, 2);
        NDArray[] heads = new NDArray[3];
        for (int i = 0; i < heads.length; i++) {
            heads[i] = qkv.get(i).reshape(n, t, spec.heads(), size).transpose(0, 2, 1, 3);
        }
        NDArray scores = heads[0].matMul(heads[1].transpose(0, 1, 3, 2)).mul((float) (1 / Math.sqrt(size)));
        NDArray weights = scores.add(mask((int) t, manager)).softmax(3);
        NDArray mixed = weights.matMul(heads[2]).transpose(0, 2, 1, 3).reshape(n, t, spec.width());
        return linear(mixed, "attn.out");
    }

    private static NDArray mask(int t, NDManager manager) {
        float[] mask = new float[t * t];
        for (int i = 0; i < t; i++) {
            for (int j = i + 1; j < t; j++) {
                mask[i * t + j] = HIDDEN;
            }
        }
        return manager.create(mask, new Shape(t, t));
    }

    private NDArray linear(NDArray x, String name) {
        return Linear.linear(x, tensor(name + ".weight"), tensor(name + ".bias"))
                .singletonOrThrow();
    }

    private NDArray norm(NDArray x, String name) {
        NDArray weight = tensor(name + ".weight");
        return LayerNorm.layerNorm(x, weight.getShape(), weight, tensor(name + ".bias"), NORM_EPSILON)
                .singletonOrThrow();
    }

    /** The gradients of what was last differentiated, by tensor. */
    SortedMap<String, float[]> gradients() {
        SortedMap<String, float[]> gradients = new TreeMap<>();
        tensors.forEach((name, tensor) -> {
            try (NDArray gradient = tensor.getGradient()) {
                gradients.put(name, gradient.toFloatArray());
            }
        });
        return gradients;
    }

    private NDArray tensor(String name) {
        NDArray tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalStateException("no tensor " + name);
        }
        return tensor;
    }
}
