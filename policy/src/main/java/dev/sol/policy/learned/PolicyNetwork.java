package dev.sol.policy.learned;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Observation;
import java.util.Arrays;

/**
 * The policy network at work: features of a step and the previous action in, a logit per action (or per value of each axis)
 * out. One causal transformer block over the steps of an episode, in F32. Immutable and safe to share; what a sequence remembers
 * is in {@link Lanes}.
 *
 * <p>logits = {@link PolicyPrior} + head + a small network of the targets. After T steps a sequence starts a new episode.
 *
 * <p>Source: Akhauri &amp; Abdelfattah, "Compute Where it Counts" (arXiv 2605.10875), the policy network; the prior is ours.
 */
public final class PolicyNetwork {
    private static final Axis[] AXES = Axis.values();

    private final PolicySpec spec;
    private final PolicyPrior prior;
    private final CausalAttention attention;
    private final Linear scalars;
    private final LayerNorm scalarsNorm;
    private final float[][] actions; // a table for all actions, or one per axis
    private final Linear input;
    private final float[] position;
    private final LayerNorm attnNorm;
    private final Linear qkv;
    private final Linear attnOut;
    private final LayerNorm mlpNorm;
    private final Linear up;
    private final Linear down;
    private final LayerNorm headNorm;
    private final Linear head;
    private final Linear targetHidden;
    private final Linear targetOut;

    public PolicyNetwork(PolicyWeights weights) {
        this.spec = weights.spec();
        this.prior = new PolicyPrior(spec);
        this.attention = new CausalAttention(spec);
        this.scalars = new Linear(weights, "scalars");
        this.scalarsNorm = new LayerNorm(weights, "scalars.norm");
        this.actions = spec.joint()
                ? new float[][] {weights.shared("action.weight")}
                : Arrays.stream(AXES)
                        .map(axis -> weights.shared("action." + axis.key() + ".weight"))
                        .toArray(float[][]::new);
        this.input = new Linear(weights, "input");
        this.position = weights.shared("position.weight");
        this.attnNorm = new LayerNorm(weights, "attn.norm");
        this.qkv = new Linear(weights, "attn.qkv");
        this.attnOut = new Linear(weights, "attn.out");
        this.mlpNorm = new LayerNorm(weights, "mlp.norm");
        this.up = new Linear(weights, "mlp.up");
        this.down = new Linear(weights, "mlp.down");
        this.headNorm = new LayerNorm(weights, "head.norm");
        this.head = new Linear(weights, "head");
        this.targetHidden = new Linear(weights, "target.hidden");
        this.targetOut = new Linear(weights, "target.out");
    }

    public PolicySpec spec() {
        return spec;
    }

    /** Room for {@code count} sequences, each at the start of an episode. */
    public Lanes lanes(int count) {
        return new Lanes(count);
    }

    /**
     * What the network remembers of several sequences, and its scratch memory: two caches of [T, d] each and some rows of
     * activations per sequence. Belongs to the network that made it. For one thread.
     */
    public final class Lanes {
        private final int[] steps;
        private final float[][] keys;
        private final float[][] values;
        private final float[][] targets; // those that `base` is for
        private final float[][] base; // prior and target network, [L]

        private final float[] context; // previous action and scalars, [count, a + 64]
        private final float[] widened; // scalars, [count, 64]
        private final float[] stream; // [count, d]
        private final float[] normed; // [count, d]
        private final float[] wide; // [count, 4d]: queries, keys and values, or the MLP's units
        private final float[] scores; // [T]
        private final float[] targetHidden = new float[PolicySpec.TARGET_WIDTH];

        private Lanes(int count) {
            if (count < 1) {
                throw new IllegalArgumentException("the number of sequences must be positive, but is " + count);
            }
            this.steps = new int[count];
            this.keys = new float[count][attention.cacheLength()];
            this.values = new float[count][attention.cacheLength()];
            this.targets = new float[count][AXES.length];
            for (float[] unset : targets) {
                Arrays.fill(unset, Float.NaN);
            }
            this.base = new float[count][spec.logits()];
            this.context = new float[count * (spec.actionEmbedding() + PolicySpec.SCALAR_WIDTH)];
            this.widened = new float[count * PolicySpec.SCALAR_WIDTH];
            this.stream = new float[count * spec.width()];
            this.normed = new float[count * spec.width()];
            this.wide = new float[count * 4 * spec.width()];
            this.scores = new float[spec.horizon()];
        }

        /** The number of sequences. */
        public int size() {
            return steps.length;
        }

        /**
         * The position in its episode of the step that sequence {@code lane} takes next, 0 to T − 1: what {@link
         * PolicyFeatures#write} needs. After T steps it is 0 again, and nothing of the steps before is remembered.
         */
        public int position(int lane) {
            return steps[lane];
        }

        /** Starts a new episode of sequence {@code lane}. */
        public void restart(int lane) {
            steps[lane] = 0;
        }

        private PolicyNetwork network() {
            return PolicyNetwork.this;
        }
    }

    /**
     * Takes one step of several sequences. Allocates nothing, unless a sequence's targets have changed since its last step. The
     * bits of a sequence's logits do not depend on the others.
     *
     * @param lanes of this network
     * @param lane [count]: which sequences, each at most once
     * @param features [count, F] of {@link PolicyFeatures}, which also hold the targets
     * @param previous [count]: number on the grid of the previous action, −1 before the first
     * @param logits gets [count, L]
     * @throws IllegalArgumentException if the lanes are another network's, or {@code count} is above their size
     */
    public void forward(Lanes lanes, int[] lane, int count, float[] features, int[] previous, float[] logits) {
        if (lanes.network() != this) {
            throw new IllegalArgumentException("these lanes belong to another network");
        }
        if (count > lanes.size()) {
            throw new IllegalArgumentException("%d steps of %d sequences".formatted(count, lanes.size()));
        }
        int d = spec.width();
        embed(lanes, count, features, previous);
        float[] x = lanes.stream;
        for (int row = 0; row < count; row++) {
            Kernels.axpy(position, lanes.steps[lane[row]] * d, d, 1, x, row * d);
        }

        attnNorm.apply(count, x, lanes.normed);
        qkv.apply(count, lanes.normed, lanes.wide);
        for (int row = 0; row < count; row++) {
            int i = lane[row];
            attention.step(
                    lanes.wide,
                    row * 3 * d,
                    lanes.steps[i],
                    lanes.keys[i],
                    lanes.values[i],
                    lanes.scores,
                    lanes.normed,
                    row * d);
            lanes.steps[i] = (lanes.steps[i] + 1) % spec.horizon();
        }
        residual(attnOut, count, lanes.normed, x);

        mlpNorm.apply(count, x, lanes.normed);
        up.apply(count, lanes.normed, lanes.wide);
        Kernels.gelu(lanes.wide, 0, count * up.out());
        residual(down, count, lanes.wide, x);

        headNorm.apply(count, x, lanes.normed);
        head.apply(count, lanes.normed, logits);
        for (int row = 0; row < count; row++) {
            float[] base = base(lanes, lane[row], features, row * spec.features() + 2 * spec.embedding());
            Kernels.axpy(base, 0, base.length, 1, logits, row * base.length);
        }
    }

    /** The block's input: hidden state, embedding, previous action and scalars, projected. */
    private void embed(Lanes lanes, int count, float[] features, int[] previous) {
        int stride = spec.features();
        int vectors = 2 * spec.embedding();
        int a = spec.actionEmbedding();
        int context = a + PolicySpec.SCALAR_WIDTH;

        scalars.start(count, lanes.widened);
        scalars.add(0, spec.scalars(), features, vectors, stride, count, lanes.widened);
        Kernels.gelu(lanes.widened, 0, count * PolicySpec.SCALAR_WIDTH);
        scalarsNorm.apply(count, lanes.widened, lanes.widened);
        for (int row = 0; row < count; row++) {
            action(previous[row], lanes.context, row * context);
            System.arraycopy(
                    lanes.widened,
                    row * PolicySpec.SCALAR_WIDTH,
                    lanes.context,
                    row * context + a,
                    PolicySpec.SCALAR_WIDTH);
        }
        input.start(count, lanes.stream);
        input.add(0, vectors, features, 0, stride, count, lanes.stream);
        input.add(vectors, context, lanes.context, 0, context, count, lanes.stream);
    }

    /** The embedding of the previous action, [a]. */
    private void action(int previous, float[] out, int offset) {
        int a = spec.actionEmbedding();
        ActionGrid grid = spec.grid();
        if (spec.joint()) {
            System.arraycopy(actions[0], (previous < 0 ? grid.size() : previous) * a, out, offset, a);
            return;
        }
        Arrays.fill(out, offset, offset + a, 0);
        for (int i = 0; i < AXES.length; i++) {
            int row = previous < 0 ? grid.size(AXES[i]) : grid.coordinate(previous, AXES[i]);
            Kernels.axpy(actions[i], row * a, a, 1, out, offset);
        }
    }

    /** x += layer(y). */
    private static void residual(Linear layer, int count, float[] y, float[] x) {
        layer.addBias(count, x);
        layer.add(count, y, x);
    }

    /** Prior and target network of a sequence; computed when its targets change. */
    private float[] base(Lanes lanes, int lane, float[] features, int scalars) {
        float[] targets = lanes.targets[lane];
        float[] base = lanes.base[lane];
        int first = scalars + Observation.TARGETS;
        if (!Arrays.equals(targets, 0, AXES.length, features, first, first + AXES.length)) {
            System.arraycopy(features, first, targets, 0, AXES.length);
            prior.logits(targets[0], targets[1], targets[2], base, 0);
            targetHidden.apply(1, targets, lanes.targetHidden);
            Kernels.gelu(lanes.targetHidden, 0, PolicySpec.TARGET_WIDTH);
            residual(targetOut, 1, lanes.targetHidden, base);
        }
        return base;
    }
}
