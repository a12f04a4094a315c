package dev.sol.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ObservationTest {
    private static final PolicyContext CONTEXT = new PolicyContext(new Budget(.5, .25, 8), ActionGrid.defaultGrid(), 0);

    @Test
    void scalarsBeforeTheFirstEffectiveStep() {
        Observation observation = new Observation(CONTEXT, 40, 0, 0);
        observation.begin(0, false);
        assertThat(scalars(observation)).containsExactly(1f / 16, 0, .5f, .25f, .5f, 0, 0, 0);
        assertThat(observation.previousAction()).isEqualTo(-1);
    }

    @Test
    void scalarsFollowTheRealisedMeans() {
        Observation observation = new Observation(CONTEXT, 40, 0, 0);
        observation.begin(0, true);
        observation.record(new Action(.5, .25, 8), .625, .25, 9);
        observation.begin(17, true);
        observation.record(new Action(.45, .2, 4), .625, .5, 5);
        observation.begin(18, true);
        // Means .625, .375 and 7 bits against .5, .25 and 8; position 18 mod 16.
        assertThat(scalars(observation)).containsExactly(3f / 16, 1, .5f, .25f, .5f, .125f, .125f, -.0625f);
        assertThat(observation.previousAction()).isEqualTo(CONTEXT.grid().indexOf(new Action(.45, .2, 4)));
    }

    @Test
    void remainingCountsTheStepToCome() {
        Observation observation = new Observation(CONTEXT, 3, 0, 0);
        assertThat(observation.remaining()).isEqualTo(3);
        observation.begin(2, true);
        assertThat(observation.remaining()).isEqualTo(1);
        assertThatThrownBy(() -> observation.begin(3, true)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Observation(CONTEXT, 0, 0, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void inputsAreLive() {
        Observation observation = new Observation(CONTEXT, 1, 3, 2);
        observation.hidden()[1] = 2;
        observation.embedding()[0] = 4;
        assertThat(observation.hidden()).containsExactly(0, 2, 0);
        assertThat(observation.embedding()).containsExactly(4, 0);
    }

    @Test
    void trackerAddsUp() {
        BudgetTracker tracker = new BudgetTracker(new Budget(.5, .25, 8));
        assertThat(tracker.realised()).isEmpty();
        assertThat(tracker.mean(Axis.ATTN)).isNaN();
        assertThat(tracker.deviation(Axis.ATTN)).isZero();
        assertThat(tracker.debt(Axis.BITS)).isZero();
        assertThat(tracker.aim(Axis.BITS, 4)).isEqualTo(8);

        tracker.record(.75, .25, 9);
        tracker.record(1, .25, 4);
        assertThat(tracker.steps()).isEqualTo(2);
        assertThat(tracker.realised()).contains(new Budget(.875, .25, 6.5));
        assertThat(tracker.deviation(Axis.ATTN)).isEqualTo(.375);
        assertThat(tracker.debt(Axis.ATTN)).isEqualTo(-.75);
        assertThat(tracker.debt(Axis.BITS)).isEqualTo(3);
        assertThat(tracker.aim(Axis.ATTN, 3)).isCloseTo(.25, within(1e-12));
    }

    @Test
    void trackerRefusesWhatCannotBe() {
        BudgetTracker tracker = new BudgetTracker(Budget.DENSE);
        assertThatThrownBy(() -> tracker.record(Double.NaN, 1, 16)).hasMessageStartingWith("attn");
        assertThatThrownBy(() -> tracker.record(1, 1.5, 16)).hasMessageStartingWith("mlp");
        assertThatThrownBy(() -> tracker.record(1, 1, 0)).hasMessageStartingWith("bits");
        assertThat(tracker.steps()).isZero();
    }

    private static float[] scalars(Observation observation) {
        float[] scalars = new float[Observation.SCALARS];
        observation.scalars(observation.step() % 16, 16, scalars, 0);
        return scalars;
    }
}
