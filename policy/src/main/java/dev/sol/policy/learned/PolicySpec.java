package dev.sol.policy.learned;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Observation;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a policy network looks like: everything but its weights.
 *
 * <p>E, d, H, T and a are the first five; S is {@link #scalars()}, L is {@link #logits()}, A the size of the grid.
 *
 * @param embedding E: the model's n_embd
 * @param width d: of the transformer block; a multiple of {@code heads}
 * @param heads H: attention heads
 * @param horizon T: steps of an episode, after which position and cache start again
 * @param actionEmbedding a: length of the vectors that stand for the previous action
 * @param entropy whether the previous step's entropy is observed as a ninth scalar
 * @param priorWidth σ of {@link PolicyPrior}, as a share
 * @param grid the actions to choose from
 */
public record PolicySpec(
        int embedding,
        int width,
        int heads,
        int horizon,
        int actionEmbedding,
        boolean entropy,
        double priorWidth,
        ActionGrid grid) {
    /** Grids of at most this many actions get a logit per action; larger ones get one per value of each axis. */
    public static final int MOST_JOINT = 64;

    /** What the scalars are widened to. */
    static final int SCALAR_WIDTH = 64;

    /** Width of the small network that reads the targets. */
    static final int TARGET_WIDTH = 32;

    /** What LayerNorm adds to the variance. */
    static final float NORM_EPSILON = 1e-5f;

    /** @throws IllegalArgumentException if a size is not positive or too large, or {@code heads} does not divide the width */
    public PolicySpec {
        check("embedding", embedding, 1 << 20);
        check("width", width, 1 << 14);
        check("heads", heads, width);
        check("horizon", horizon, 1 << 12);
        check("action_embedding", actionEmbedding, 1 << 12);
        if (width % heads != 0) {
            throw new IllegalArgumentException(
                    "heads must divide the width, but %d does not divide %d".formatted(heads, width));
        }
        if (!(priorWidth > 0 && priorWidth <= 1e3)) {
            throw new IllegalArgumentException("prior_width must be in (0, 1000], but is " + priorWidth);
        }
    }

    private static void check(String name, int value, int most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException("%s must be in 1…%d, but is %d".formatted(name, most, value));
        }
    }

    /** Whether each action has a logit of its own. */
    public boolean joint() {
        return grid.size() <= MOST_JOINT;
    }

    /**
     * L, the number of logits: one per action in the order of their numbers; or else one per value of each axis, ascending,
     * first those of κ, then of ρ, then of the bits.
     */
    public int logits() {
        return joint() ? grid.size() : grid.size(Axis.ATTN) + grid.size(Axis.MLP) + grid.size(Axis.BITS);
    }

    /** Where the logits of {@code axis} begin when there is a head per axis. */
    public int logitOffset(Axis axis) {
        return switch (axis) {
            case ATTN -> 0;
            case MLP -> grid.size(Axis.ATTN);
            case BITS -> grid.size(Axis.ATTN) + grid.size(Axis.MLP);
        };
    }

    /**
     * The number of values that the heads give: the logits, if each action has its own. Otherwise one tilt per axis, which makes more or
     * less of the axis likelier without making it uneven: were each of many neighbouring values free, noise of the training
     * would tell them apart, and mixing them costs more than one in their middle.
     */
    public int outputs() {
        return joint() ? grid.size() : Axis.values().length;
    }

    /**
     * What an axis' tilt of 1 adds to the logits of its values, ascending: (value − ½)/σ, in shares. With the {@link PolicyPrior}'s logits it
     * moves their middle by σ.
     */
    public float[] tilt(Axis axis) {
        float[] tilt = new float[grid.size(axis)];
        for (int i = 0; i < tilt.length; i++) {
            tilt[i] = (float) ((axis.share(grid.value(axis, i)) - .5) / priorWidth);
        }
        return tilt;
    }

    /** S: {@link Observation#SCALARS}, and one more if the entropy is observed. */
    public int scalars() {
        return Observation.SCALARS + (entropy ? 1 : 0);
    }

    /** F = 2E + S: what {@link PolicyFeatures} writes for a step. */
    public int features() {
        return 2 * embedding + scalars();
    }

    /** 2E + a + 64: what the block's input is projected from. */
    int inputs() {
        return 2 * embedding + actionEmbedding + SCALAR_WIDTH;
    }

    /**
     * The tensors and their shapes, by name. Weights of linear layers are [out, in], rows contiguous; embeddings have a row per
     * value and, last, one for the start.
     */
    public SortedMap<String, int[]> shapes() {
        SortedMap<String, int[]> shapes = new TreeMap<>();
        linear(shapes, "scalars", SCALAR_WIDTH, scalars());
        norm(shapes, "scalars.norm", SCALAR_WIDTH);
        if (joint()) {
            shapes.put("action.weight", new int[] {grid.size() + 1, actionEmbedding});
        } else {
            for (Axis axis : Axis.values()) {
                shapes.put("action." + axis.key() + ".weight", new int[] {grid.size(axis) + 1, actionEmbedding});
            }
        }
        linear(shapes, "input", width, inputs());
        shapes.put("position.weight", new int[] {horizon, width});
        norm(shapes, "attn.norm", width);
        linear(shapes, "attn.qkv", 3 * width, width);
        linear(shapes, "attn.out", width, width);
        norm(shapes, "mlp.norm", width);
        linear(shapes, "mlp.up", 4 * width, width);
        linear(shapes, "mlp.down", width, 4 * width);
        norm(shapes, "head.norm", width);
        linear(shapes, "head", outputs(), width);
        linear(shapes, "target.hidden", TARGET_WIDTH, Axis.values().length);
        linear(shapes, "target.out", outputs(), TARGET_WIDTH);
        return shapes;
    }

    private static void linear(SortedMap<String, int[]> shapes, String name, int out, int in) {
        shapes.put(name + ".weight", new int[] {out, in});
        shapes.put(name + ".bias", new int[] {out});
    }

    private static void norm(SortedMap<String, int[]> shapes, String name, int size) {
        shapes.put(name + ".weight", new int[] {size});
        shapes.put(name + ".bias", new int[] {size});
    }
}
