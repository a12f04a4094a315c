package dev.sol.policy;

/**
 * Spends on tokens of which the model was unsure: those drawn from a distribution with a high entropy. How a signal becomes
 * actions is described at {@link SignalSession}; nothing is random.
 *
 * <p>Source: the baseline EMC of Akhauri &amp; Abdelfattah, "Compute Where it Counts" (arXiv 2605.10875), here at an exact budget.
 */
final class EntropyPolicy implements ComputePolicy {

    @Override
    public String name() {
        return "entropy";
    }

    @Override
    public boolean needsEntropy() {
        return true;
    }

    @Override
    public PolicySession start(PolicyContext context) {
        return new SignalSession(context.grid(), EntropyPolicy::signal);
    }

    private static double signal(Observation observation) {
        double entropy = observation.previousEntropy();
        if (Double.isNaN(entropy)) {
            throw new IllegalStateException("the entropy policy needs the entropy of the previous step");
        }
        return entropy;
    }
}
