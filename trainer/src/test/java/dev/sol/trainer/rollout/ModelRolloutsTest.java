package dev.sol.trainer.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.sol.policy.Action;
import dev.sol.policy.Budget;
import dev.sol.policy.Observation;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.runtime.AttentionCriterion;
import dev.sol.runtime.DroppedPages;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.cost.AttendedPositions;
import dev.sol.runtime.cost.CostModel;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("model")
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ModelRolloutsTest {
    private static final int K = 6;
    private static final RolloutOptions OPTIONS = RolloutOptions.DEFAULT
            .withThreads(1)
            .withKnobs(KnobOptions.DEFAULT
                    .withAttention(AttentionCriterion.MEAN)
                    .withPage(8)
                    .withDropped(DroppedPages.TAIL));
    private static final CostModel COSTS = new CostModel(new AttendedPositions(4, 2, 8), 1, .01, 0, 0, 2, 2, 0);

    private Model model;
    private PolicyWeights weights;
    private List<WorkItem> items;

    @BeforeAll
    void open() {
        model = Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT);
        weights = Samples.decided(Samples.spec(model.info().embeddingLength(), true), 7);
        items = List.of(
                item(0, 70, new Budget(.3, .4, 6)),
                item(1, 33, new Budget(.6, .3, 9)),
                item(2, 128, new Budget(.5, .8, 5)),
                item(3, 12, new Budget(.2, .5, 12)));
    }

    @AfterAll
    void close() {
        model.close();
    }

    private WorkItem item(long id, int prefix, Budget target) {
        return Samples.item(id, model.tokenizer().size(), prefix, target);
    }

    private List<Trajectory> run(
            List<WorkItem> work, RolloutOptions options, @Nullable CostModel costs, int schedules) {
        try (ModelRollouts rollouts = new ModelRollouts(model, options, costs)) {
            return rollouts.run(work, weights, 1.3, schedules);
        }
    }

    @Test
    void theSameSeedGivesTheSameBits() {
        List<Trajectory> first = run(items, OPTIONS, COSTS, K);
        List<Trajectory> second = run(items, OPTIONS, COSTS, K);

        for (int i = 0; i < items.size(); i++) {
            assertThat(Samples.same(first.get(i), second.get(i))).isTrue();
            assertThat(first.get(i).item()).isSameAs(items.get(i));
        }
        WorkItem one = items.getFirst();
        WorkItem other = new WorkItem(0, one.tokens(), one.prefix(), one.target(), null, 0, one.seed() + 1);
        assertThat(run(List.of(other), OPTIONS, COSTS, K).getFirst().actions())
                .isNotEqualTo(first.getFirst().actions());
    }

    /** Items together, alone, in another order, after others; schedules split: nothing of it changes a bit. */
    @ParameterizedTest
    @ValueSource(ints = {3, 6, 13, 48})
    void batchesDoNotMatter(int lanes) {
        List<Trajectory> expected = run(items, OPTIONS.withLanes(2 * K), COSTS, K);
        try (ModelRollouts rollouts = new ModelRollouts(model, OPTIONS.withLanes(lanes), COSTS)) {
            List<Trajectory> together =
                    rollouts.run(items.reversed(), weights, 1.3, K).reversed();
            for (int i = 0; i < items.size(); i++) {
                assertThat(Samples.same(together.get(i), expected.get(i)))
                        .as("item %d", i)
                        .isTrue();
                Trajectory alone =
                        rollouts.run(List.of(items.get(i)), weights, 1.3, K).getFirst();
                assertThat(Samples.same(alone, expected.get(i)))
                        .as("item %d alone", i)
                        .isTrue();
            }
        }
    }

    @Test
    void schedulesDifferInTheirActionsAndShareTheirStart() {
        Trajectory rolled = run(items, OPTIONS, null, K).getFirst();
        int width = rolled.featureLength();

        assertThat(rolled.cost()).isEmpty();
        for (int k = 1; k < K; k++) {
            for (int i = 0; i < width; i++) {
                assertThat(rolled.features()[k * rolled.steps() * width + i]).isEqualTo(rolled.features()[i]);
            }
        }
        assertThat(IntStream.range(0, K)
                        .map(k -> rolled.actions()[k * rolled.steps()])
                        .distinct()
                        .count())
                .isGreaterThan(1);
        assertThat(Samples.all(rolled.logProbability(), log -> log < 0 && log > -100))
                .isTrue();
    }

    @Test
    void aDensePolicyIsRewardedAsDense() {
        PolicyWeights initial = PolicyWeights.initial(weights.spec(), 1);
        WorkItem dense = item(9, 40, Budget.DENSE);
        try (ModelRollouts likelihood = new ModelRollouts(model, OPTIONS, COSTS);
                ModelRollouts kl = new ModelRollouts(model, OPTIONS.withReward(Reward.KL), COSTS)) {
            Trajectory rolled = likelihood.run(List.of(dense), initial, 1, 4).getFirst();
            Trajectory compared = kl.run(List.of(dense), initial, 1, 4).getFirst();

            for (int i = 0; i < rolled.actions().length; i++) {
                assertThat(weights.spec().grid().action(rolled.actions()[i])).isEqualTo(Action.DENSE);
                assertThat(rolled.reward()[i]).isCloseTo(rolled.dense()[i % rolled.steps()], offset(5e-3f));
                assertThat(compared.reward()[i]).isCloseTo(0, offset(1e-4f));
                assertThat(rolled.cost()[i]).isEqualTo(1);
                assertThat(rolled.realised()[3 * i]).isEqualTo(1);
            }
        }
    }

    @Test
    void pruningCostsDivergence() {
        List<Trajectory> rolled = run(items, OPTIONS.withReward(Reward.KL), COSTS, K);

        for (Trajectory trajectory : rolled) {
            assertThat(Samples.all(trajectory.reward(), reward -> reward < 1e-4))
                    .isTrue();
            double mean = IntStream.range(0, trajectory.reward().length)
                    .mapToDouble(i -> trajectory.reward()[i])
                    .average()
                    .orElseThrow();
            assertThat(mean).isLessThan(-.01);
            assertThat(Samples.all(trajectory.cost(), cost -> cost > 0 && cost <= 1))
                    .isTrue();
        }
    }

    @Test
    void aDebtIsSeenFromTheFirstStep() {
        WorkItem plain = items.getFirst();
        Budget mean = new Budget(.5, .3, 8);
        WorkItem started = new WorkItem(0, plain.tokens(), plain.prefix(), plain.target(), mean, 10, plain.seed());
        Trajectory rolled = run(List.of(started), OPTIONS, null, 2).getFirst();
        int deviations = rolled.featureLength() - 1 - Observation.SCALARS + 5; // the entropy is last

        assertThat(rolled.features()[deviations]).isCloseTo(.2f, offset(1e-6f));
        assertThat(rolled.features()[deviations + 1]).isCloseTo(-.1f, offset(1e-6f));
        assertThat(rolled.features()[deviations + 2]).isCloseTo(2 / 16f, offset(1e-6f));
        double used = (10 * .5 + rolled.realised()[0]) / 11;
        assertThat(rolled.features()[rolled.featureLength() + deviations])
                .isCloseTo((float) (used - plain.target().attn()), offset(1e-6f));
    }

    @Test
    void theFirstStepsOfAShortTextAreDense() {
        Trajectory rolled = run(List.of(item(5, 2, new Budget(.3, .3, 5))), OPTIONS, COSTS, K)
                .getFirst();
        int forced = OPTIONS.knobs().forcedPositions();

        for (int k = 0; k < K; k++) {
            for (int t = 0; t < rolled.steps(); t++) {
                int i = k * rolled.steps() + t;
                boolean effective = 2 + t + 1 > forced;
                assertThat(rolled.effective()[i]).isEqualTo(effective);
                assertThat(rolled.actions()[i] >= 0).isEqualTo(effective);
                if (!effective) {
                    assertThat(rolled.realised()).startsWith(1, 1, 16);
                    assertThat(rolled.reward()[i]).isCloseTo(rolled.dense()[t], offset(5e-3f));
                }
            }
            assertThat(rolled.previous()[k * rolled.steps() + forced - 2]).isEqualTo(-1);
        }
    }

    @Test
    void episodesOfDifferentLengths() {
        WorkItem longer = items.getFirst();
        WorkItem shorter = new WorkItem(
                0,
                Arrays.copyOf(longer.tokens(), longer.prefix() + 6),
                longer.prefix(),
                longer.target(),
                null,
                0,
                longer.seed());
        List<Trajectory> rolled = run(List.of(shorter, longer, shorter), OPTIONS, null, 2);

        assertThat(rolled).extracting(Trajectory::steps).containsExactly(5, 16, 5);
        assertThat(Samples.same(rolled.getFirst(), rolled.getLast())).isTrue();
        assertThat(Arrays.copyOf(rolled.get(1).actions(), 5))
                .containsExactly(Arrays.copyOf(rolled.getFirst().actions(), 5));
    }

    @Test
    void whatDoesNotFit() {
        try (ModelRollouts rollouts = new ModelRollouts(model, OPTIONS, null)) {
            assertThatThrownBy(() -> rollouts.run(List.of(item(0, 250, Budget.DENSE)), weights, 1, 2))
                    .isInstanceOf(RequestException.class)
                    .hasMessageContaining("256");
            PolicyWeights other = PolicyWeights.initial(Samples.spec(64, false), 1);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> rollouts.run(items, other, 1, 2))
                    .withMessageContaining("64")
                    .withMessageContaining("192");
            assertThatIllegalArgumentException().isThrownBy(() -> rollouts.run(items, weights, 1, 0));
            assertThat(rollouts.run(List.of(), weights, 1, 2)).isEmpty();
            assertThat(rollouts.run(items, weights, 1, 2)).hasSize(4); // it goes on after a failure
        }
    }

    @Test
    void cancelling() throws InterruptedException {
        try (ModelRollouts rollouts = new ModelRollouts(model, OPTIONS, null)) {
            Cancelling.endsRuns(rollouts, items, weights);
        }
    }
}
