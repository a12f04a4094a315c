package dev.sol.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Budget;
import dev.sol.policy.Policies;
import dev.sol.runtime.AttentionCriterion;
import dev.sol.runtime.DroppedPages;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.MlpCriterion;
import org.junit.jupiter.api.Test;

/** The model of costs, by hand: 100 fixed weights, 40 in each matrix of the MLPs, of 2 bytes; 3 layers, 8 wide keys, 16 wide queries. */
class TokenCostsTest {
    private static final TokenCosts COSTS = new TokenCosts(
            new TokenCosts.Weights(100, 200),
            new TokenCosts.Weights(40, 80),
            new TokenCosts.Weights(40, 80),
            new TokenCosts.Weights(40, 80),
            3,
            8,
            16);

    private static TokenCost step(Budget realised, KnobOptions knobs, int refresh) {
        return COSTS.step(realised, 10, knobs, Policies.byName("uniform"), refresh);
    }

    private static void assertCost(TokenCost cost, double flops, double bytes) {
        assertThat(cost.flops()).isCloseTo(flops, within(1e-9));
        assertThat(cost.bytes()).isCloseTo(bytes, within(1e-9));
    }

    @Test
    void dense() {
        // 2·220 and 4·16·10·3; 440 bytes and keys and values of 2·2·8 bytes at 10 positions in 3 layers
        assertCost(step(Budget.DENSE, KnobOptions.DEFAULT, 0), 440 + 1920, 440 + 960);
    }

    @Test
    void neuronsSpareUpAndDown() {
        assertCost(step(new Budget(1, .5, 16), KnobOptions.DEFAULT, 0), 440 - 80 + 1920, 440 - 80 + 960);
    }

    @Test
    void channelsSpareGateAndUp() {
        KnobOptions channels = KnobOptions.DEFAULT.withMlp(MlpCriterion.CHANNEL);
        assertCost(step(new Budget(1, .25, 16), channels, 0), 440 - 120 + 1920, 440 - 120 + 960);
    }

    @Test
    void pagesHaveSummaries() {
        KnobOptions quest =
                KnobOptions.DEFAULT.withAttention(AttentionCriterion.QUEST).withPage(5);
        // 2 pages in 3 layers, 2 bounds each: 12 vectors of 8 floats, and 2·16 operations for each
        assertCost(step(new Budget(.5, 1, 16), quest, 0), 440 + 960 + 384, 440 + 480 + 384);
        KnobOptions tail = quest.withAttention(AttentionCriterion.MEAN).withDropped(DroppedPages.TAIL);
        assertCost(step(new Budget(.5, 1, 16), tail, 0), 440 + 960 + 384, 440 + 480 + 384);
        KnobOptions mean = quest.withAttention(AttentionCriterion.MEAN);
        assertCost(step(new Budget(.5, 1, 16), mean, 0), 440 + 960 + 192, 440 + 480 + 192);
    }

    @Test
    void aRefreshIsADenseTokenMoreWhoseWeightsAreReadOnce() {
        TokenCost plain = step(new Budget(.5, .5, 8), KnobOptions.DEFAULT, 0);
        TokenCost refreshed = step(new Budget(.5, .5, 8), KnobOptions.DEFAULT, 4);
        assertCost(refreshed, plain.flops() + 440 + 1920, plain.bytes() + 440 / 4. + 960);
    }
}
