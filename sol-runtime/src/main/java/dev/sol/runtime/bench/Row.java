package dev.sol.runtime.bench;

import dev.sol.runtime.bench.Statistics.Spread;
import java.util.List;

/**
 * The result of a case.
 *
 * @param ours ms: the median over the rounds of ours, or of its FFNs
 * @param stock the same of stock's
 * @param ratio over the rounds: {@code stock / ours} of steps, {@code ours / stock} of FFNs
 * @param rounds how many rounds it is of
 * @param othersLoad processors that other processes kept busy, in the worst of the rounds
 */
record Row(BenchCase of, double ours, double stock, Spread ratio, int rounds, double othersLoad) {

    /**
     * One round: medians of the steps of each turn, in ms.
     *
     * @param stock of stock's steps
     * @param ours of our steps
     * @param bare of stock's steps without FFNs; not used for steps
     * @param othersLoad processors that other processes kept busy meanwhile
     */
    record Round(double stock, double ours, double bare, double othersLoad) {}

    /** @throws IllegalArgumentException without rounds */
    static Row of(BenchCase of, List<Round> rounds) {
        double[] ours = rounds.stream()
                .mapToDouble(r -> r.ours() - (of.kind() == BenchCase.Kind.FFN ? r.bare() : 0))
                .toArray();
        double[] stock = rounds.stream()
                .mapToDouble(r -> r.stock() - (of.kind() == BenchCase.Kind.FFN ? r.bare() : 0))
                .toArray();
        double[] ratio = new double[ours.length];
        for (int i = 0; i < ratio.length; i++) {
            ratio[i] = switch (of.kind()) {
                case STEP -> stock[i] / ours[i];
                case FFN -> ours[i] / stock[i];
            };
        }
        return new Row(
                of,
                Statistics.median(ours),
                Statistics.median(stock),
                Spread.of(ratio),
                rounds.size(),
                rounds.stream().mapToDouble(Round::othersLoad).max().orElseThrow());
    }
}
