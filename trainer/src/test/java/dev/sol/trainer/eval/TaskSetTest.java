package dev.sol.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.Policies;
import dev.sol.trainer.cli.ProgressLines;
import dev.sol.trainer.stats.PairedBootstrap;
import dev.sol.trainer.tasks.Item;
import dev.sol.trainer.tasks.Question;
import dev.sol.trainer.tasks.Questions;
import dev.sol.trainer.tasks.Task;
import dev.sol.trainer.tasks.TaskKind;
import dev.sol.trainer.tasks.TaskScores;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tasks on a "model" whose losses are known: even tokens are cheap, odd ones suffer. */
class TaskSetTest {
    private static final Item ITEM = new Item("g", "context", List.of(" a", " bc"), 0);
    private static final Questions QUESTIONS = new Questions(
            new Task("t", TaskKind.CHOICES, List.of(ITEM, ITEM), Map.of(), Map.of()),
            List.of(
                    new Question(0, 0, new int[] {2, 2, 2, 2, 2, 2, 2, 2, 4, 6}, 1, 1),
                    new Question(0, 1, new int[] {2, 2, 2, 2, 2, 2, 2, 2, 5, 7, 9}, 2, 2),
                    new Question(1, 0, new int[] {2, 2, 2, 2, 2, 2, 2, 2, 5, 7}, 1, 1),
                    new Question(1, 1, new int[] {2, 2, 2, 2, 2, 2, 2, 2, 4, 6, 8}, 2, 2)),
            0,
            0,
            0,
            0);

    private static Measured run(TaskSet task, double net) {
        return new PolicyEvaluation(new FakeLockstep(2), null, task.passages(), 0, true)
                .run(Spender.of(Policies.byName("uniform"), Budget.ofNet(net, ActionGrid.defaultGrid())), 0, _ -> {});
    }

    @Test
    void theStepOfTheLastTokenBeforeTheAnswerIsTheFirst() {
        TaskSet continuation = new TaskSet(QUESTIONS, false);
        assertThat(continuation.passages()).extracting(Passage::prefix).containsExactly(8, 8, 8, 8);
        assertThat(continuation.passages()).extracting(Passage::steps).containsExactly(1, 2, 1, 2);
        assertThat(continuation.longest()).isEqualTo(11);
        assertThat(new TaskSet(QUESTIONS, true).passages())
                .extracting(Passage::steps)
                .containsExactly(8, 9, 8, 9);
    }

    /** In both scopes only the answer's steps count. */
    @Test
    void scoresAreSumsOverTheAnswer() {
        for (boolean everything : new boolean[] {false, true}) {
            TaskSet task = new TaskSet(QUESTIONS, everything);
            Measured measured = run(task, .5);
            TaskScores scores = task.scores(measured);

            float[] second = measured.nll()[1];
            assertThat(scores.goldNats()[0]).isEqualTo(measured.nll()[0][measured.nll()[0].length - 1]);
            assertThat(second[second.length - 1] + second[second.length - 2]).isGreaterThan(4f);
            // One step loses less than two; by the byte two cheap ones lose less than a dear one.
            assertThat(scores.plain()).containsExactly(1, 1);
            assertThat(scores.normalised()).containsExactly(1, 0);
        }
    }

    @Test
    void rowsComparePoliciesItemByItem() {
        EvalResults results = EvalResults.of(null, null, JsonNodeFactory.instance.objectNode());
        TaskSet task = new TaskSet(QUESTIONS, true);
        PairedBootstrap bootstrap = new PairedBootstrap(200, .95, 1);
        Comparison comparison = new Comparison(
                new Comparison.Setup("ours/t", Set.of("fixed"), null, bootstrap, 1),
                new PolicyEvaluation(new FakeLockstep(2), null, task.passages(), 0, true),
                (_, _) -> new TokenCost(0, 0),
                results,
                new ProgressLines(new PrintWriter(Writer.nullWriter()), () -> 0));
        List<Comparison.Entry> entries =
                comparison.at(Policies.byName("uniform"), .6).entries();
        TaskScores policy = task.scores(entries.getFirst().measured());
        TaskRow row = new TaskRow(
                task,
                entries.getLast().row(),
                new TaskScores(new int[] {0, 1}, new double[] {0, 1}, new double[] {0, 0}, new double[] {1, 1}),
                policy,
                bootstrap);

        assertThat(row.difference()).isNotNull();
        assertThat(row.difference().accuracy()).isCloseTo(.5, within(1e-12)); // 2 of 2 against 1 of 2
        assertThat(row.difference().interval().lower()).isZero();
        assertThat(row.difference().interval().upper()).isEqualTo(1);
        ObjectNode json = row.json("ours");
        assertThat(json.path("id").asText()).isEqualTo("ours/t/uniform/0.6/fixed");
        assertThat(json.path("right").asText()).isEqualTo("01");
        assertThat(json.path("chance").asDouble()).isEqualTo(.5);
        assertThat(json.path("policy_minus_this").path("accuracy").asDouble()).isEqualTo(.5);
    }
}
