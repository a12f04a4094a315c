package dev.sol.trainer.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.concurrent.CancellationException;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GroupSearchTest {
    private static void none() {}

    private static int[] identity(int n) {
        return IntStream.range(0, n).toArray();
    }

    private static double objective(float[][] energy, int[] order, int group) {
        return Arrays.stream(GroupSearch.SHARES)
                .map(share -> Planted.kept(energy, order, group, share))
                .sum();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void plantedClustersAreFound(long seed) {
        Planted planted = new Planted(seed, .05);
        int[] order = GroupSearch.search(planted.energy, 8, seed, GroupSearchTest::none);

        assertThat(order).containsExactlyInAnyOrder(identity(Planted.NEURONS));
        assertThat(planted.recovered(identity(Planted.NEURONS))).isZero();
        assertThat(planted.recovered(order)).isEqualTo(Planted.NEURONS / 8);
    }

    @ParameterizedTest
    @CsvSource({"8, 1", "8, 2", "32, 1", "32, 2"})
    void smallIsWithinLarge(int group, long seed) {
        Planted planted = new Planted(seed, .05);
        int[] order = NeuronOrder.search(planted.energy, group, seed, GroupSearchTest::none);

        assertThat(order).containsExactlyInAnyOrder(identity(Planted.NEURONS));
        assertThat(planted.recovered(order)).isEqualTo(Planted.NEURONS / 8);
        assertThat(planted.recoveredLarge(order)).isEqualTo(Planted.NEURONS / 32);
    }

    /** Where there is nothing to find, or nothing left to find, too. */
    @ParameterizedTest
    @ValueSource(doubles = {.05, .5, 1})
    void neverWorseThanAsItWas(double noise) {
        Planted planted = new Planted(7, noise);
        int[] order = GroupSearch.search(planted.energy, 8, 7, GroupSearchTest::none);
        double found = objective(planted.energy, order, 8);
        assertThat(found).isGreaterThanOrEqualTo(objective(planted.energy, identity(Planted.NEURONS), 8));

        float[][] ordered =
                IntStream.of(order).mapToObj(item -> planted.energy[item]).toArray(float[][]::new);
        int[] again = GroupSearch.search(ordered, 8, 8, GroupSearchTest::none);
        assertThat(objective(ordered, again, 8)).isGreaterThanOrEqualTo(found - 1e-6);
    }

    @Test
    void blocksStayWhereTheyAre() {
        Planted planted = new Planted(3, .2);
        int[] order = GroupSearch.searchWithin(planted.energy, 8, 32, 1, GroupSearchTest::none);
        for (int i = 0; i < order.length; i++) {
            assertThat(order[i] / 32).isEqualTo(i / 32);
        }
        assertThat(objective(planted.energy, order, 8))
                .isGreaterThan(objective(planted.energy, identity(order.length), 8));
    }

    @Test
    void theSameSeedGivesTheSameOrder() {
        Planted planted = new Planted(5, .5);
        assertThat(GroupSearch.search(planted.energy, 8, 1, GroupSearchTest::none))
                .isEqualTo(GroupSearch.search(planted.energy, 8, 1, GroupSearchTest::none))
                .isNotEqualTo(GroupSearch.search(planted.energy, 8, 2, GroupSearchTest::none));
    }

    @Test
    void degenerateInput() {
        assertThat(GroupSearch.search(new float[16][10], 8, 0, GroupSearchTest::none))
                .containsExactlyInAnyOrder(identity(16));
        assertThat(GroupSearch.search(new float[8][10], 8, 0, GroupSearchTest::none))
                .containsExactlyInAnyOrder(identity(8));

        // A size that no power of 2 divides, and no 32s.
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        float[][] energy = new float[24][50];
        for (float[] item : energy) {
            for (int t = 0; t < item.length; t++) {
                item[t] = random.nextFloat();
            }
        }
        assertThat(NeuronOrder.search(energy, 8, 0, GroupSearchTest::none)).containsExactlyInAnyOrder(identity(24));
    }

    @Test
    void itCanBeInterrupted() {
        Planted planted = new Planted(5, .5);
        int[] calls = {0};
        assertThatThrownBy(() -> GroupSearch.search(planted.energy, 8, 1, () -> {
                    if (++calls[0] == 40) {
                        throw new CancellationException("now");
                    }
                }))
                .isInstanceOf(CancellationException.class);
        assertThat(calls[0]).isEqualTo(40);
    }
}
