package dev.sol.policy.learned;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Observation;
import java.util.Arrays;
import java.util.stream.Stream;

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
    private final Linear scalars;
    private final LayerNorm scalarsNorm;
    private final float[][][] actions; // a table [n + 1][a] for all actions, or one per axis
    private final Linear input;
    private final float[][] position; // [T][d]
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
    private final float[][] tilts; // what an axis' tilt adds to its logits; of heads per axis only

    public PolicyNetwork(PolicyWeights weights) {
        this.spec = weights.spec();
        this.prior = new PolicyPrior(spec);
        this.scalars = new Linear(weights, "scalars");
        this.scalarsNorm = new LayerNorm(weights, "scalars.norm");
        this.actions = (spec.joint()
                        ? Stream.of("action.weight")
                        : Arrays.stream(AXES).map(axis -> "action." + axis.key() + ".weight"))
                .map(name -> rows(weights.shared(name), spec.actionEmbedding()))
                .toArray(float[][][]::new);
        this.input = new Linear(weights, "input");
        this.position = rows(weights.shared("position.weight"), spec.width());
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
        this.tilts = spec.joint()
                ? new float[0][]
                : Arrays.stream(AXES).map(spec::tilt).toArray(float[][]::new);
    }

    private static float[][] rows(float[] matrix, int length) {
        float[][] rows = new float[matrix.length / length][];
        Arrays.setAll(rows, i -> Arrays.copyOfRange(matrix, i * length, (i + 1) * length));
        return rows;
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
        private final CausalAttention[] attention;
        private final float[][] targets; // those that `base` is for
        private final float[][] base; // prior and target network, [L]

        // Of the steps of a call, a row each.
        private final float[][] scalars; // [64]
        private final float[][] action; // [a]
        private final float[][] stream; // [d]
        private final float[][] normed; // [d]
        private final float[][] qkv; // [3d]
        private final float[][] units; // [4d]
        private final float[][] outputs; // of the heads
        private final Columns columns;

        private final float[] targetUnits = new float[PolicySpec.TARGET_WIDTH];
        private final float[] targetOutputs = new float[spec.outputs()];

        private Lanes(int count) {
            if (count < 1) {
                throw new IllegalArgumentException("the number of sequences must be positive, but is " + count);
            }
            this.steps = new int[count];
            this.attention = new CausalAttention[count];
            Arrays.setAll(attention, i -> new CausalAttention(spec));
            this.targets = new float[count][AXES.length];
            for (float[] unset : targets) {
                Arrays.fill(unset, Float.NaN);
            }
            this.base = new float[count][spec.logits()];
            this.scalars = new float[count][PolicySpec.SCALAR_WIDTH];
            this.action = new float[count][spec.actionEmbedding()];
            this.stream = new float[count][spec.width()];
            this.normed = new float[count][spec.width()];
            this.qkv = new float[count][3 * spec.width()];
            this.units = new float[count][4 * spec.width()];
            this.outputs = new float[count][spec.outputs()];
            this.columns =
                    new Columns(count, Math.max(Math.max(4 * spec.width(), spec.outputs()), PolicySpec.SCALAR_WIDTH));
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
        float[][] x = lanes.stream;
        embed(lanes, count, features, previous);
        for (int s = 0; s < count; s++) {
            Kernels.axpy(position[lanes.steps[lane[s]]], 1, x[s]);
        }

        attnNorm.apply(count, x, lanes.normed);
        qkv.apply(count, lanes.normed, lanes.qkv, lanes.columns);
        for (int s = 0; s < count; s++) {
            int i = lane[s];
            lanes.attention[i].step(lanes.steps[i], lanes.qkv[s], lanes.normed[s]);
            lanes.steps[i] = (lanes.steps[i] + 1) % spec.horizon();
        }
        attnOut.residual(count, lanes.normed, x, lanes.columns);

        mlpNorm.apply(count, x, lanes.normed);
        up.apply(count, lanes.normed, lanes.units, lanes.columns);
        gelu(count, lanes.units);
        down.residual(count, lanes.units, x, lanes.columns);

        headNorm.apply(count, x, lanes.normed);
        head.apply(count, lanes.normed, lanes.outputs, lanes.columns);
        int length = spec.logits();
        for (int s = 0; s < count; s++) {
            float[] base = base(lanes, lane[s], features, s * spec.features() + 2 * spec.embedding());
            System.arraycopy(base, 0, logits, s * length, length);
            addOutputs(lanes.outputs[s], logits, s * length);
        }
    }

    /** Adds to the logits, [L] from {@code offset} on, what heads gave. */
    private void addOutputs(float[] outputs, float[] logits, int offset) {
        if (spec.joint()) {
            for (int i = 0; i < outputs.length; i++) {
                logits[offset + i] += outputs[i];
            }
            return;
        }
        for (int axis = 0; axis < AXES.length; axis++) {
            int first = offset + spec.logitOffset(AXES[axis]);
            float[] tilt = tilts[axis];
            for (int i = 0; i < tilt.length; i++) {
                logits[first + i] += outputs[axis] * tilt[i];
            }
        }
    }

    /** The block's input: hidden state, embedding, previous action and scalars, projected. */
    private void embed(Lanes lanes, int count, float[] features, int[] previous) {
        int stride = spec.features();
        int vectors = 2 * spec.embedding();
        scalars.start(count, lanes.scalars);
        scalars.add(0, spec.scalars(), features, vectors, stride, count, lanes.scalars, lanes.columns);
        gelu(count, lanes.scalars);
        scalarsNorm.apply(count, lanes.scalars, lanes.scalars);
        for (int s = 0; s < count; s++) {
            action(previous[s], lanes.action[s]);
        }
        input.start(count, lanes.stream);
        input.add(0, vectors, features, 0, stride, count, lanes.stream, lanes.columns);
        input.add(vectors, count, lanes.action, lanes.stream, lanes.columns);
        input.add(vectors + spec.actionEmbedding(), count, lanes.scalars, lanes.stream, lanes.columns);
    }

    /** The embedding of the previous action, [a]. */
    private void action(int previous, float[] out) {
        ActionGrid grid = spec.grid();
        Arrays.fill(out, 0);
        if (spec.joint()) {
            Kernels.axpy(actions[0][previous < 0 ? grid.size() : previous], 1, out);
            return;
        }
        for (int i = 0; i < AXES.length; i++) {
            int row = previous < 0 ? grid.size(AXES[i]) : grid.coordinate(previous, AXES[i]);
            Kernels.axpy(actions[i][row], 1, out);
        }
    }

    private static void gelu(int count, float[][] x) {
        for (int s = 0; s < count; s++) {
            Kernels.gelu(x[s]);
        }
    }

    /** Prior and target network of a sequence; computed when its targets change. */
    private float[] base(Lanes lanes, int lane, float[] features, int scalars) {
        float[] targets = lanes.targets[lane];
        float[] base = lanes.base[lane];
        int first = scalars + Observation.TARGETS;
        if (!Arrays.equals(targets, 0, AXES.length, features, first, first + AXES.length)) {
            System.arraycopy(features, first, targets, 0, AXES.length);
            prior.logits(targets[0], targets[1], targets[2], base, 0);
            Arrays.fill(lanes.targetUnits, 0);
            targetHidden.residual(targets, lanes.targetUnits);
            Kernels.gelu(lanes.targetUnits);
            Arrays.fill(lanes.targetOutputs, 0);
            targetOut.residual(lanes.targetUnits, lanes.targetOutputs);
            addOutputs(lanes.targetOutputs, base, 0);
        }
        return base;
    }
}
