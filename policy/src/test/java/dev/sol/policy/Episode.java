package dev.sol.policy;

/**
 * A generation without a model: turns chosen values into realised ones as the native side does, rounding up and with the
 * positions that are always attended. Entropies and hidden states are made up.
 */
public record Episode(int prefix, int page, int groups) {
    private static final int SINKS = 4;
    private static final int WINDOW = 2;

    /**
     * Runs {@code steps} of at most {@code horizon} steps and returns the means of what the effective ones used, added up
     * here and not by the tracker that the policy steers on.
     */
    public Budget run(PolicySession session, PolicyContext context, int steps, int horizon) {
        Observation observation = new Observation(context, horizon, 2, 0);
        double[] signal = Signals.SKEWED.values(steps, context.seed());
        float[][] hidden = Signals.hiddenStates(signal);
        double attnSum = 0;
        double mlpSum = 0;
        double bitsSum = 0;
        int count = 0;
        for (int step = 0; step < steps; step++) {
            int visible = prefix + step + 1;
            boolean effective = visible > SINKS + WINDOW + 1;
            observation.begin(step, effective);
            if (effective) {
                observation.previousEntropy(signal[step]);
                System.arraycopy(hidden[step], 0, observation.hidden(), 0, 2);
                Action action = session.next(observation);
                double attn = (double) attended(action.attnKeep(), visible) / visible;
                double mlp = (double) ceil(action.mlpKeep() * groups) / groups;
                observation.record(action, attn, mlp, action.actBits());
                attnSum += attn;
                mlpSum += mlp;
                bitsSum += action.actBits();
                count++;
            }
        }
        return new Budget(attnSum / count, mlpSum / count, bitsSum / count);
    }

    /** The positions attended of {@code visible}: the newest pages that κ allows, and those that are forced. */
    private int attended(double keep, int visible) {
        int pages = ceil((double) visible / page);
        boolean[] kept = new boolean[pages];
        int count = 0;
        for (int position = 0; position < visible; position++) {
            boolean forced = position < SINKS || position >= visible - 1 - WINDOW;
            if (forced && !kept[position / page]) {
                kept[position / page] = true;
                count++;
            }
        }
        for (int p = pages - 1; p >= 0 && count < ceil(keep * pages); p--) {
            if (!kept[p]) {
                kept[p] = true;
                count++;
            }
        }
        int attended = 0;
        for (int p = 0; p < pages; p++) {
            attended += kept[p] ? Math.min(page, visible - p * page) : 0;
        }
        return attended;
    }

    private static int ceil(double x) {
        return (int) Math.ceil(x - 1e-9);
    }
}
