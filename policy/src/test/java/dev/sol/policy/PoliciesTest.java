package dev.sol.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoliciesTest {
    private static final ActionGrid GRID = ActionGrid.defaultGrid();

    @Test
    void namesAndLookup() {
        assertThat(Policies.names()).containsExactly("dense", "uniform", "random", "entropy", "drift");
        assertThat(Policies.names())
                .allSatisfy(name -> assertThat(Policies.byName(name).name()).isEqualTo(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Uniform", "best"})
    void unknownNameListsTheKnown(String name) {
        assertThatThrownBy(() -> Policies.byName(name))
                .isInstanceOf(UnknownPolicyException.class)
                .hasMessage("unknown policy '" + name + "'; known: dense, uniform, random, entropy, drift");
    }

    @Test
    void denseSparesNothing() {
        assertThat(actions("dense", new Budget(.2, .2, 5), GRID, 0, 20)).containsOnly(Action.DENSE);
    }

    @Test
    void uniformRepeatsATargetOnTheGrid() {
        assertThat(actions("uniform", new Budget(.35, .6, 9), GRID, 0, 500)).containsOnly(new Action(.35, .6, 9));
    }

    @Test
    void uniformMixesTheTwoNeighbours() {
        List<Action> actions = actions("uniform", new Budget(.575, .61, 9.75), GRID, 0, 400);
        assertThat(actions).extracting(Action::attnKeep).containsOnly(.55, .6);
        assertThat(actions).extracting(Action::mlpKeep).containsOnly(.6, .65);
        assertThat(actions).extracting(Action::actBits).containsOnly(9, 10);
        assertThat(actions.stream().filter(action -> action.attnKeep() == .55)).hasSize(200);
        assertThat(actions.stream().filter(action -> action.mlpKeep() == .65)).hasSize(80);
        assertThat(actions.stream().filter(action -> action.actBits() == 10)).hasSize(300);
        // Spread out, not in runs: every window of five has its one higher ρ.
        assertThat(IntStream.range(0, 80).mapToObj(i -> actions.subList(5 * i, 5 * i + 5)))
                .allSatisfy(five -> assertThat(five.stream().filter(action -> action.mlpKeep() == .65))
                        .hasSize(1));
    }

    @Test
    void uniformOnACoarseGridIsThePapersFixedMix() {
        ActionGrid coarse = new ActionGrid(new double[] {.25, 1}, new double[] {.5, 1}, new int[] {4, 16});
        assertThat(actions("uniform", new Budget(.625, .75, 10), coarse, 0, 4))
                .containsExactly(new Action(.25, .5, 4), Action.DENSE, new Action(.25, .5, 4), Action.DENSE);
    }

    @Test
    void uniformPaysBackGently() {
        // Of the first positions nearly all are forced: far more than a third.
        PolicyContext context = new PolicyContext(new Budget(.35, 1, 16), GRID, 0);
        List<Double> chosen = new ArrayList<>();
        PolicySession session = Policies.byName("uniform").start(context);
        new Episode(2, 1, 64)
                .run(
                        observation -> {
                            Action action = session.next(observation);
                            chosen.add(action.attnKeep());
                            return action;
                        },
                        context,
                        256,
                        256);
        assertThat(chosen).allSatisfy(keep -> assertThat(keep).isBetween(.15, .4));
        assertThat(chosen.subList(150, chosen.size())).containsOnly(.3, .35);
    }

    @Test
    void randomDrawsFromTheWidestRangeAroundTheTarget() {
        List<Action> actions = actions("random", new Budget(.5, .9, 16), GRID, 3, 2000);
        assertThat(actions).extracting(Action::attnKeep).contains(.05, .3, .5, .7, .95);
        assertThat(actions.stream().mapToDouble(Action::attnKeep).average()).hasValueCloseTo(.5, within(.002));
        assertThat(actions.stream().mapToDouble(Action::mlpKeep).average()).hasValueCloseTo(.9, within(.002));
        assertThat(actions.stream().filter(action -> action.mlpKeep() < .7)).isEmpty();
        assertThat(actions).extracting(Action::actBits).containsOnly(16);
    }

    @Test
    void randomIsReproducible() {
        Budget target = new Budget(.4, .5, 9);
        assertThat(actions("random", target, GRID, 42, 100))
                .isEqualTo(actions("random", target, GRID, 42, 100))
                .isNotEqualTo(actions("random", target, GRID, 43, 100));
    }

    /** The actions of {@code steps} steps that use exactly what was chosen. */
    private static List<Action> actions(String policy, Budget target, ActionGrid grid, long seed, int steps) {
        PolicyContext context = new PolicyContext(target, grid, seed);
        PolicySession session = Policies.byName(policy).start(context);
        Observation observation = new Observation(context, steps, 0, 0);
        List<Action> actions = new ArrayList<>();
        for (int step = 0; step < steps; step++) {
            observation.begin(step, true);
            Action action = session.next(observation);
            observation.record(action, action.attnKeep(), action.mlpKeep(), action.actBits());
            assertThat(observation.previousAction()).isEqualTo(grid.indexOf(action));
            actions.add(action);
        }
        return actions;
    }
}
