package dev.sol.trainer.knobs;

import dev.sol.trainer.metrics.Perplexity;
import dev.sol.trainer.metrics.WindowLosses;
import dev.sol.trainer.stats.Interval;
import dev.sol.trainer.stats.PairedBootstrap;

/**
 * What was measured of a cell, and how it compares with dense.
 *
 * @param cell which
 * @param realised mean of the knob over the scored tokens; bits as they were asked for
 * @param losses of the windows
 * @param perplexity over all windows
 * @param ratio perplexity ÷ dense perplexity
 * @param interval of the ratio, by resampling windows
 */
record Row(Cell cell, double realised, WindowLosses losses, Perplexity perplexity, double ratio, Interval interval) {

    static Row of(Cell cell, double realised, WindowLosses losses, WindowLosses dense, PairedBootstrap bootstrap) {
        Perplexity perplexity = losses.perplexity();
        return new Row(
                cell,
                realised,
                losses,
                perplexity,
                Math.exp(perplexity.mean() - dense.perplexity().mean()),
                bootstrap
                        .meanDifference(losses.nats(), dense.nats(), dense.tokens())
                        .map(Math::exp));
    }

    /** Whether the text tells this cell from dense. */
    boolean clear() {
        return !interval.contains(1);
    }
}
