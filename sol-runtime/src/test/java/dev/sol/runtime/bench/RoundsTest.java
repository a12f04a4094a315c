package dev.sol.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoundsTest {
    private final List<String> log = new ArrayList<>();
    private final Deque<Double> others = new ArrayDeque<>();
    private final List<Row.Round> done = new ArrayList<>();

    private final Quiet quiet = new Quiet() {
        @Override
        public void await() {
            log.add("await");
        }

        @Override
        public double watch(Runnable round) {
            round.run();
            return others.isEmpty() ? 0 : others.removeFirst();
        }

        @Override
        public boolean accepts(double load) {
            return load < .5;
        }
    };

    private Side side(String name, double millis) {
        return n -> {
            log.add(name + n);
            double[] times = new double[n];
            Arrays.fill(times, millis);
            times[0] = 1000; // cold
            return times;
        };
    }

    @Test
    void takesTurnsAndLeavesOutColdSteps() throws InterruptedException {
        new Rounds(2, 2, quiet)
                .run(new Rounds.Sides(side("stock", 8), side("ours", 4), Optional.empty(), 0), done::add);
        assertThat(log)
                .containsExactly(
                        "stock3", "ours3", "await", "stock2", "ours2", "stock2", "ours2", "await", "stock2", "ours2",
                        "stock2", "ours2");
        assertThat(done).containsExactly(new Row.Round(8, 4, 0, 0), new Row.Round(8, 4, 0, 0));
    }

    @Test
    void aRoundHasFourTurns() throws InterruptedException {
        new Rounds(1, 10, quiet).run(new Rounds.Sides(side("s", 8), side("o", 4), Optional.empty(), 0), done::add);
        assertThat(log).containsExactly("s3", "o3", "await", "s4", "o4", "s4", "o4", "s4", "o4", "s4", "o4");
    }

    @Test
    void disturbedRoundsAreRepeated() throws InterruptedException {
        others.addAll(List.of(.1, .9, .2));
        new Rounds(2, 1, quiet).run(new Rounds.Sides(side("s", 8), side("o", 4), Optional.empty(), 0), done::add);
        assertThat(done).extracting(Row.Round::othersLoad).containsExactly(.1, .2);
    }

    @Test
    void endsWhenAllAreDisturbed() {
        for (int i = 0; i < 100; i++) {
            others.add(.9);
        }
        Rounds rounds = new Rounds(2, 1, quiet);
        Rounds.Sides sides = new Rounds.Sides(side("s", 8), side("o", 4), Optional.empty(), 0);
        assertThatThrownBy(() -> rounds.run(sides, done::add))
                .isInstanceOf(BenchException.class)
                .hasMessageContaining("only 0 of 6 rounds were undisturbed");
        assertThat(done).isEmpty();
    }

    @Test
    void theModelWithoutFfnsTakesItsTurn() throws InterruptedException {
        new Rounds(1, 1, quiet)
                .run(new Rounds.Sides(side("s", 10), side("o", 8), Optional.of(side("b", 4)), .25), done::add);
        assertThat(log).containsExactly("s3", "o3", "b3", "await", "s2", "o2", "b2");
        assertThat(done).containsExactly(new Row.Round(10, 8, 2, 0)); // FFNs take 8, the quarter that is left takes 2
    }

    @ParameterizedTest
    @CsvSource({".1, 200", "1, 200", "10, 20", "30, 7", "1000, 5"})
    void asManyStepsAsTakeAFifthOfASecond(double millis, int steps) {
        assertThat(Rounds.stepsOf(millis)).isEqualTo(steps);
    }

    @Test
    void aRowIsTheMedianOfRatiosRatherThanTheRatioOfMedians() {
        BenchCase step = BenchCase.parse("dense@0", 0);
        List<Row.Round> rounds =
                List.of(new Row.Round(10, 10, 0, .1), new Row.Round(30, 10, 0, .3), new Row.Round(20, 4, 0, 0));
        Row row = Row.of(step, rounds);
        assertThat(row.stock()).isEqualTo(20);
        assertThat(row.ours()).isEqualTo(10);
        assertThat(row.ratio()).isEqualTo(new Statistics.Spread(3, 1, 5));
        assertThat(row.rounds()).isEqualTo(3);
        assertThat(row.othersLoad()).isEqualTo(.3);
    }

    @Test
    void theRatioOfFfnsIsWhatIsLeftOfThem() {
        Row row = Row.of(BenchCase.parse("ffn.5", 0), List.of(new Row.Round(30, 25, 10, 0)));
        assertThat(row.stock()).isEqualTo(20);
        assertThat(row.ours()).isEqualTo(15);
        assertThat(row.ratio().median()).isEqualTo(.75, within(1e-12));
    }
}
