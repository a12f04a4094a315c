package dev.sol.policy;

/**
 * What a policy sees before a step. One object serves a whole generation: the decode loop fills {@link #hidden()},
 * {@link #embedding()} and {@link #previousEntropy(double)} where the policy needs them, calls {@link #begin} before each step, and {@link #record} after each
 * effective one. For one thread.
 *
 * <p>Source: Akhauri &amp; Abdelfattah, "Compute Where it Counts" (arXiv 2605.10875), the policy's input.
 */
public final class Observation {
    /** Length of what {@link #scalars} writes. */
    public static final int SCALARS = 8;

    /** Where the three targets begin among {@link #scalars}; the three deviations follow. */
    public static final int TARGETS = 2;

    private static final Axis[] AXES = Axis.values(); // values() copies

    private final ActionGrid grid;
    private final BudgetTracker tracker;
    private final int steps;
    private final float[] hidden;
    private final float[] embedding;
    private int step;
    private boolean effective;
    private int previousAction = -1;
    private double previousEntropy = Double.NaN;

    /**
     * @param context the one that the session was started with
     * @param steps the most steps that the generation can take, at least 1
     * @param hiddenSize the model's n_embd, or 0 if the policy does not need the hidden state
     * @param embeddingSize the model's n_embd, or 0 if the policy does not need the embedding
     */
    public Observation(PolicyContext context, int steps, int hiddenSize, int embeddingSize) {
        if (steps < 1) {
            throw new IllegalArgumentException("steps must be at least 1, but is " + steps);
        }
        this.grid = context.grid();
        this.tracker = new BudgetTracker(context.target());
        this.steps = steps;
        this.hidden = new float[hiddenSize];
        this.embedding = new float[embeddingSize];
    }

    /** Moves on to step {@code step} (from 0, ineffective steps included). */
    public void begin(int step, boolean effective) {
        if (step < 0 || step >= steps) {
            throw new IllegalArgumentException("step must be in 0…" + (steps - 1) + ", but is " + step);
        }
        this.step = step;
        this.effective = effective;
    }

    /**
     * Ends an effective step.
     *
     * @param chosen what the policy chose
     * @param attn as {@link BudgetTracker#record}, like {@code mlp} and {@code bits}
     */
    public void record(Action chosen, double attn, double mlp, double bits) {
        tracker.record(attn, mlp, bits);
        previousAction = grid.indexOf(chosen);
    }

    /** State of the previous token after the model's final norm, [n_embd]; live, written by the decode loop. */
    public float[] hidden() {
        return hidden;
    }

    /** Row of the input token in the token embedding, [n_embd]; live, written by the decode loop. */
    public float[] embedding() {
        return embedding;
    }

    /**
     * How unsure the model was of the input token: the entropy of the distribution that the previous step gave, divided by
     * log(vocabulary); 0 to 1. NaN where the policy does not need it.
     */
    public double previousEntropy() {
        return previousEntropy;
    }

    /** Sets {@link #previousEntropy()}; called by the decode loop before each choice. */
    public void previousEntropy(double value) {
        previousEntropy = value;
    }

    /** Number on the grid of the previous effective step's action; −1 before the first. */
    public int previousAction() {
        return previousAction;
    }

    /** The step about to be taken, from 0. */
    public int step() {
        return step;
    }

    /** The steps that can still be taken, this one included; fewer when the generation ends by itself. */
    public int remaining() {
        return steps - step;
    }

    /** Whether the knobs bite: the KV length exceeds sinks + window + 1. */
    public boolean effective() {
        return effective;
    }

    /** What the generation was asked for and has used so far; to be read only. */
    public BudgetTracker tracker() {
        return tracker;
    }

    /**
     * Writes the eight scalars of the paper: the position (t+1)/T; 1 if the step is effective, else 0; the targets; and the
     * deviations of the realised means from them. Targets and deviations are shares in the order of {@link Axis}, so bits
     * are divided by 16.
     *
     * @param position t, 0 to {@code horizon} − 1: how far the policy is in its current episode
     * @param horizon T, at least 1, after which the position starts again; a property of the policy, not of the generation
     * @param out gets {@link #SCALARS} values from {@code offset} on
     */
    public void scalars(int position, int horizon, float[] out, int offset) {
        out[offset] = (float) (position + 1) / horizon;
        out[offset + 1] = effective ? 1 : 0;
        int i = offset + TARGETS;
        for (Axis axis : AXES) {
            out[i] = (float) axis.share(tracker.target().get(axis));
            out[i + 3] = (float) axis.share(tracker.deviation(axis));
            i++;
        }
    }
}
