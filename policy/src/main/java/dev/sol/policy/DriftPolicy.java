package dev.sol.policy;

/**
 * Spends where the hidden state moves: the signal is (1 − cos(h_{t−1}, h_{t−2}))/2, the states being those after the final norm.
 * How a signal becomes actions is described at {@link SignalSession}; nothing is random.
 *
 * <p>Source: the baseline DAC of Akhauri &amp; Abdelfattah, "Compute Where it Counts" (arXiv 2605.10875), here at an exact budget.
 */
final class DriftPolicy implements ComputePolicy {

    @Override
    public String name() {
        return "drift";
    }

    @Override
    public boolean needsHidden() {
        return true;
    }

    @Override
    public PolicySession start(PolicyContext context) {
        return new SignalSession(context.grid(), new Drift());
    }

    /** Remembers the state of the step before. */
    private static final class Drift implements Signal {
        private float[] previous = new float[0];

        @Override
        public double of(Observation observation) {
            float[] hidden = observation.hidden();
            if (hidden.length == 0) {
                throw new IllegalStateException("the drift policy needs the hidden state");
            }
            double drift = previous.length == 0 ? Double.NaN : (1 - cosine(hidden, previous)) / 2;
            if (previous.length == 0) {
                previous = hidden.clone();
            } else {
                System.arraycopy(hidden, 0, previous, 0, hidden.length);
            }
            return drift;
        }

        /** NaN for a state of zeros. */
        private static double cosine(float[] a, float[] b) {
            double product = 0;
            double squareA = 0;
            double squareB = 0;
            for (int i = 0; i < a.length; i++) {
                product += (double) a[i] * b[i];
                squareA += (double) a[i] * a[i];
                squareB += (double) b[i] * b[i];
            }
            return product / Math.sqrt(squareA * squareB);
        }
    }
}
