package dev.sol.runtime.engine;

/**
 * Where the time of a completion went; the names in responses are llama-server's.
 *
 * @param promptTokens tokens of the prompt that were computed: without those known from an earlier one
 * @param promptMillis from when the request left the queue to the first token
 * @param predictedTokens tokens generated
 * @param predictedMillis from the first token to the end: of {@code predictedTokens} - 1 decode steps
 */
public record Timings(int promptTokens, double promptMillis, int predictedTokens, double predictedMillis) {

    public double promptMillisPerToken() {
        return perToken(promptMillis, promptTokens);
    }

    public double promptPerSecond() {
        return perSecond(promptTokens, promptMillis);
    }

    /** Per decode step: the first token came with the prompt. */
    public double predictedMillisPerToken() {
        return perToken(predictedMillis, steps());
    }

    /** Decode steps per second. */
    public double predictedPerSecond() {
        return perSecond(steps(), predictedMillis);
    }

    private int steps() {
        return Math.max(predictedTokens - 1, 0);
    }

    private static double perToken(double millis, int tokens) {
        return tokens == 0 ? 0 : millis / tokens;
    }

    private static double perSecond(int tokens, double millis) {
        return millis == 0 ? 0 : tokens * 1e3 / millis;
    }
}
