package dev.sol.trainer.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.policy.Budget;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.RequestException;
import java.util.List;
import java.util.stream.IntStream;
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
class ParallelRolloutsTest {
    private static final int K = 6;
    private static final RolloutOptions OPTIONS = RolloutOptions.DEFAULT.withLanes(2 * K);

    private Model model;
    private PolicyWeights weights;
    private List<WorkItem> items;

    @BeforeAll
    void open() {
        model = Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT);
        weights = Samples.decided(Samples.spec(model.info().embeddingLength(), true), 7);
        items = IntStream.range(0, 7)
                .mapToObj(id -> item(id, 20 + 15 * id, new Budget(.2 + .1 * id, .9 - .1 * id, 5 + id)))
                .toList();
    }

    @AfterAll
    void close() {
        model.close();
    }

    private WorkItem item(long id, int prefix, Budget target) {
        return Samples.item(id, model.tokenizer().size(), prefix, target);
    }

    /** More workers than groups, too; and a second run, for which workers take others. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void workersDoNotMatter(int workers) {
        try (ModelRollouts one = new ModelRollouts(model, OPTIONS.withThreads(1), null);
                ParallelRollouts parallel = new ParallelRollouts(model, OPTIONS, null, workers)) {
            List<Trajectory> expected = one.run(items, weights, 1.3, K);
            for (int round = 0; round < 2; round++) {
                List<Trajectory> rolled = parallel.run(items, weights, 1.3, K);
                for (int i = 0; i < items.size(); i++) {
                    assertThat(rolled.get(i).item()).isSameAs(items.get(i));
                    assertThat(Samples.same(rolled.get(i), expected.get(i)))
                            .as("item %d", i)
                            .isTrue();
                }
            }
            assertThat(parallel.run(List.of(), weights, 1.3, K)).isEmpty();
            assertThat(parallel.stepNanos()).isPositive();
        }
    }

    /** The embedded model is tiny. */
    @Test
    void aTinyModelHasWorkers() {
        try (Rollouts rollouts = ParallelRollouts.open(model, OPTIONS.withThreads(2), null)) {
            assertThat(rollouts).isInstanceOf(ParallelRollouts.class);
        }
    }

    @Test
    void oneItemThatFailsFailsTheRun() {
        List<WorkItem> bad = IntStream.range(0, 6)
                .mapToObj(id -> id == 3 ? item(id, 250, Budget.DENSE) : items.get(id))
                .toList();
        PolicyWeights other = PolicyWeights.initial(Samples.spec(64, false), 1);
        try (ParallelRollouts rollouts = new ParallelRollouts(model, OPTIONS, null, 2)) {
            assertThatThrownBy(() -> rollouts.run(bad, weights, 1, K))
                    .isInstanceOf(RequestException.class)
                    .hasMessageContaining("256");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> rollouts.run(items, other, 1, K))
                    .withMessageContaining("64");
            assertThatIllegalArgumentException().isThrownBy(() -> rollouts.run(items, weights, 1, 0));
            assertThat(rollouts.run(items, weights, 1, 2)).hasSize(items.size()); // it goes on after a failure
        }
    }

    @Test
    void cancelling() throws InterruptedException {
        try (ParallelRollouts rollouts = new ParallelRollouts(model, OPTIONS, null, 2)) {
            Cancelling.endsRuns(rollouts, items, weights);
        }
    }
}
