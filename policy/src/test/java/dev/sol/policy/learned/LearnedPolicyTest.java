package dev.sol.policy.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.BudgetTracker;
import dev.sol.policy.Observation;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import dev.sol.policy.UnattainableBudgetException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LearnedPolicyTest {
    private static final ActionGrid FINE = ActionGrid.defaultGrid();

    private static LearnedPolicy policy(PolicySpec spec, double head, List<Budget> split) {
        return new LearnedPolicy(
                "p",
                new PolicyFile(
                        Networks.trained(spec, 1, head),
                        new PolicyFile.Header(
                                PolicyFile.Targets.of(spec.grid()),
                                split,
                                new PolicyFile.Model("llama", "00", "m"),
                                Map.of())));
    }

    static Stream<ActionGrid> grids() {
        return Stream.of(Grids.PAPER_2L, Grids.PAPER_3L, Grids.PAPER_FULL, FINE);
    }

    /** A generation with random states, in which all is used that is chosen, and a little more. */
    private static List<Action> generate(
            LearnedPolicy policy, Budget target, long seed, int steps, BudgetTracker realised) {
        PolicyContext context = new PolicyContext(target, policy.grid(), seed);
        PolicySession session = policy.start(context);
        Observation observation = new Observation(context, steps, 12, 12);
        RandomGenerator random = Networks.random(77);
        List<Action> actions = new ArrayList<>();
        for (int step = 0; step < steps; step++) {
            observation.begin(step, true);
            for (int i = 0; i < 12; i++) {
                observation.hidden()[i] = (float) (5 * random.nextGaussian());
                observation.embedding()[i] = (float) random.nextGaussian();
            }
            Action action = session.next(observation);
            double attn = Math.min(1, action.attnKeep() + .01 * random.nextDouble());
            observation.record(action, attn, action.mlpKeep(), action.actBits());
            realised.record(attn, action.mlpKeep(), action.actBits());
            actions.add(action);
        }
        return actions;
    }

    /** Over long generations, in which the network starts again every 8 steps. */
    @ParameterizedTest
    @MethodSource("grids")
    void keepsBudgetsWithItsOwnGrid(ActionGrid grid) {
        for (double head : new double[] {.1, 3}) {
            LearnedPolicy greedy = policy(Networks.spec(grid), head, List.of());
            for (LearnedPolicy policy : List.of(greedy, greedy.sampled())) {
                for (double net : new double[] {.45, .6, .8}) {
                    Budget target = policy.resolve(net);
                    for (int steps : new int[] {128, 1000}) {
                        BudgetTracker realised = new BudgetTracker(target);
                        List<Action> actions = generate(policy, target, 1, steps, realised);
                        for (Axis axis : Axis.values()) {
                            assertThat(axis.share(realised.deviation(axis)))
                                    .as("%s, net %s, head %s", axis, net, head)
                                    .isCloseTo(0, within(.02));
                        }
                        assertThat(actions).allMatch(action -> grid.indexOf(action) >= 0);
                    }
                }
            }
        }
    }

    /** The session feeds the network as training does: by the same features, and from the start symbol every T steps. */
    @Test
    void startsAgainEveryHorizon() {
        PolicySpec spec = Networks.spec(FINE);
        LearnedPolicy policy = policy(spec, 1, List.of());
        Budget target = new Budget(.5, .7, 9);
        PolicyContext context = new PolicyContext(target, FINE, 0);
        PolicySession session = policy.start(context);
        Observation observation = new Observation(context, 100, 12, 12);
        NetworkReference reference = new NetworkReference(policy.file().weights());
        BudgetController controller = BudgetController.greedy(spec, target);
        RandomGenerator random = Networks.random(2);
        for (int call = 0; call < 40; call++) {
            // Some steps are not effective, and the policy is not asked.
            observation.begin(2 * call + 5, true);
            for (int i = 0; i < 12; i++) {
                observation.hidden()[i] = (float) random.nextGaussian();
                observation.embedding()[i] = (float) random.nextGaussian();
            }
            float[] features = new float[spec.features()];
            PolicyFeatures.write(spec, observation, call % 8, features, 0);
            assertThat(features[24]).isEqualTo((call % 8 + 1) / 8f);
            double[] logits = reference.step(features, call % 8 == 0 ? -1 : observation.previousAction());
            float[] narrow = new float[logits.length];
            for (int i = 0; i < narrow.length; i++) {
                narrow[i] = (float) logits[i];
            }
            int expected = controller.choose(narrow, 0, observation.tracker(), observation.remaining());
            Action action = session.next(observation);
            assertThat(action).as("call %d", call).isEqualTo(FINE.action(expected));
            observation.record(action, action.attnKeep(), action.mlpKeep(), action.actBits());
        }
    }

    @Test
    void mayBeSharedByThreads() throws Exception {
        LearnedPolicy greedy = policy(Networks.spec(FINE), 1, List.of());
        for (LearnedPolicy policy : List.of(greedy, greedy.sampled())) {
            List<List<Action>> alone = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Budget target = policy.resolve(.4 + .05 * i);
                alone.add(generate(policy, target, i, 200, new BudgetTracker(target)));
            }
            try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
                List<Future<List<Action>>> together = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    long seed = i;
                    Budget target = policy.resolve(.4 + .05 * i);
                    together.add(threads.submit(() -> generate(policy, target, seed, 200, new BudgetTracker(target))));
                }
                for (int i = 0; i < 8; i++) {
                    assertThat(together.get(i).get()).isEqualTo(alone.get(i));
                }
            }
        }
    }

    @Test
    void onlySamplingDependsOnTheSeed() {
        LearnedPolicy policy = policy(Networks.spec(FINE), 1, List.of());
        Budget target = policy.resolve(.5);
        List<Action> one = generate(policy, target, 1, 50, new BudgetTracker(target));
        assertThat(generate(policy, target, 2, 50, new BudgetTracker(target))).isEqualTo(one);
        List<Action> drawn = generate(policy.sampled(), target, 1, 50, new BudgetTracker(target));
        assertThat(generate(policy.sampled(), target, 1, 50, new BudgetTracker(target)))
                .isEqualTo(drawn);
        assertThat(generate(policy.sampled(), target, 2, 50, new BudgetTracker(target)))
                .isNotEqualTo(drawn);
    }

    @Test
    void resolvesNetsOnTheSplit() {
        Budget low = new Budget(.3, .6, 4.8);
        Budget high = new Budget(.7, .8, 12);
        LearnedPolicy policy = policy(Networks.spec(FINE), 1, List.of(low, high));
        assertThat(policy.resolve(low.net())).isEqualTo(low);
        assertThat(policy.resolve(high.net())).isEqualTo(high);
        Budget middle = policy.resolve((low.net() + high.net()) / 2);
        assertThat(middle.attn()).isCloseTo(.5, within(1e-9));
        assertThat(middle.mlp()).isCloseTo(.7, within(1e-9));
        assertThat(middle.bits()).isCloseTo(8.4, within(1e-9));
        for (double net : new double[] {.15, .35, .41, .55, .74, .76, 1}) {
            assertThat(policy.resolve(net).net()).isCloseTo(net, within(1e-8));
        }
        assertThat(policy.resolve(.9)).isEqualTo(Budget.ofNet(.9, FINE));
        assertThat(policy(Networks.spec(FINE), 1, List.of()).resolve(.5)).isEqualTo(Budget.ofNet(.5, FINE));
        assertThatThrownBy(() -> policy.resolve(.01)).isInstanceOf(UnattainableBudgetException.class);
        assertThatThrownBy(() -> policy.resolve(Double.NaN)).isInstanceOf(UnattainableBudgetException.class);
    }

    @Test
    void saysWhatItNeeds() {
        LearnedPolicy policy = policy(Networks.spec(Grids.PAPER_2L), 1, List.of());
        assertThat(policy.needsHidden()).isTrue();
        assertThat(policy.needsEmbedding()).isTrue();
        assertThat(policy.needsEntropy()).isFalse();
        assertThat(policy.grid()).isEqualTo(Grids.PAPER_2L);
        assertThat(policy(new PolicySpec(12, 4, 1, 4, 4, true, .1, FINE), 1, List.of())
                        .needsEntropy())
                .isTrue();
        assertThatThrownBy(() -> policy.start(new PolicyContext(Budget.DENSE, FINE, 0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("grid");
        assertThatThrownBy(() -> policy.requireModel("llama", "11"))
                .isInstanceOf(PolicyFileException.class)
                .hasMessageContaining("policy p:");
        PolicyContext context = new PolicyContext(Budget.DENSE, Grids.PAPER_2L, 0);
        Observation other = new Observation(context, 10, 16, 16);
        other.begin(0, true);
        assertThatThrownBy(() -> policy.start(context).next(other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("12");
    }

    @Test
    void isNamedAfterItsFile(@TempDir Path folder) throws IOException {
        PolicyFile file = policy(Networks.spec(FINE), 1, List.of()).file();
        file.write(folder.resolve("my.small.safetensors"));
        file.write(folder.resolve("plain"));
        assertThat(LearnedPolicy.load(folder.resolve("my.small.safetensors")).name())
                .isEqualTo("my.small");
        assertThat(LearnedPolicy.load(folder.resolve("plain")).name()).isEqualTo("plain");
        assertThat(LearnedPolicy.load(folder.resolve("plain")).sampled().name()).isEqualTo("plain");
    }
}
