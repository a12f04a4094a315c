package dev.sol.runtime.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * What users saw.
 *
 * @param tokens generated
 * @param seconds from the first request to the last token; 0: not known yet
 * @param first milliseconds from each request to its first text
 * @param gaps milliseconds between texts of one stream
 */
record ServerSample(long tokens, double seconds, List<Double> first, List<Double> gaps) {
    static final ServerSample NONE = new ServerSample(0, 0, List.of(), List.of());

    /** One request. */
    static ServerSample of(long tokens, List<Double> texts) {
        List<Double> gaps = new ArrayList<>();
        for (int i = 1; i < texts.size(); i++) {
            gaps.add(texts.get(i) - texts.get(i - 1));
        }
        return new ServerSample(tokens, 0, List.of(texts.getFirst()), gaps);
    }

    /** Both, in the time that the two took one after the other. */
    ServerSample plus(ServerSample other) {
        return new ServerSample(
                tokens + other.tokens, seconds + other.seconds, joined(first, other.first), joined(gaps, other.gaps));
    }

    private static List<Double> joined(List<Double> one, List<Double> other) {
        List<Double> both = new ArrayList<>(one);
        both.addAll(other);
        return both;
    }

    ServerSample in(double value) {
        return new ServerSample(tokens, value, first, gaps);
    }

    double tokensPerSecond() {
        return tokens / seconds;
    }

    /**
     * The least of the values that so many of them do not exceed; NaN without values.
     *
     * @param share of the values, above 0, up to 1
     */
    static double percentile(List<Double> values, double share) {
        if (values.isEmpty()) {
            return Double.NaN;
        }
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get((int) Math.ceil(share * sorted.size()) - 1);
    }
}
