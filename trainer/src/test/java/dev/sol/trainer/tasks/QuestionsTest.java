package dev.sol.trainer.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sol.trainer.corpus.TextTokenizer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tasks as tokens, one for each character, and as scores. */
class QuestionsTest {
    private static final int BOS = 1;

    private static final TextTokenizer CHARACTERS = new TextTokenizer() {
        @Override
        public int size() {
            return 256;
        }

        @Override
        public int[] encode(String text) {
            return text.chars().toArray();
        }

        @Override
        public int[] beginning() {
            return new int[] {BOS};
        }

        @Override
        public int[] separator() {
            return new int[0];
        }
    };

    private static Task task(List<String> shots, Item... items) {
        return new Task("t", TaskKind.CHOICES, List.of(items), Map.of("g", "I"), Map.of("g", shots));
    }

    private static String text(Question question) {
        StringBuilder text = new StringBuilder();
        for (int token : question.tokens()) {
            text.append(token == BOS ? '^' : (char) token);
        }
        return text.toString();
    }

    @Test
    void anAnswerFollowsItsContext() {
        Questions questions = Questions.of(
                task(List.of("S1", "S2"), new Item("g", "abc", List.of(" x", " yz"), 0)), CHARACTERS, 5, 99);
        assertThat(questions.questions())
                .extracting(QuestionsTest::text)
                .containsExactly("^IS1S2abc x", "^IS1S2abc yz");
        assertThat(questions.questions()).extracting(Question::scored).containsExactly(2, 3);
        assertThat(questions.questions()).extracting(Question::bytes).containsExactly(1, 2);
        assertThat(questions.shots()).isEqualTo(2);
        assertThat(questions.wanted()).isEqualTo(2);
    }

    @Test
    void shotsAreDroppedThenTheContextIsCutThenTheItemIsLeftOut() {
        Item item = new Item("g", "abc", List.of(" x", " yz"), 0);
        Questions fewer = Questions.of(task(List.of("S1", "S2"), item), CHARACTERS, 5, 10);
        assertThat(text(fewer.questions().getFirst())).isEqualTo("^IS1abc x");
        assertThat(fewer.shots()).isEqualTo(1);
        assertThat(fewer.truncated()).isZero();

        Questions cut = Questions.of(task(List.of("S1", "S2"), item), CHARACTERS, 5, 6);
        assertThat(text(cut.questions().getFirst())).isEqualTo("^bc x");
        assertThat(text(cut.questions().getLast())).isEqualTo("^bc yz").hasSize(6);
        assertThat(cut.truncated()).isEqualTo(1);

        Questions none = Questions.of(task(List.of(), item), CHARACTERS, 5, 5);
        assertThat(none.questions()).isEmpty();
        assertThat(none.skipped()).isEqualTo(1);
    }

    @Test
    void scoresByHand() {
        Item two = new Item("g", "abc", List.of(" x", " yyyy"), 1);
        Item cloze = new Item("g", "abc", List.of(" z"), 0);
        Questions questions = Questions.of(task(List.of(), two, two, cloze, cloze), CHARACTERS, 0, 99);

        // 2 nats for 1 byte and 3 for 4; the first is likelier, the second by the byte. Then the second is likelier
        // both ways.
        TaskScores scores = TaskScores.of(
                questions, new double[] {2, 3, 4, 3.5, 1, 5}, new boolean[] {false, false, false, false, true, false});

        assertThat(scores.items()).containsExactly(0, 1, 2, 3);
        assertThat(scores.plain()).containsExactly(0, 1, 1, 0);
        assertThat(scores.normalised()).containsExactly(1, 1, 1, 0);
        assertThat(scores.goldNats()).containsExactly(3, 3.5, 1, 5);
        assertThat(scores.accuracy()).isCloseTo(.5, within(1e-12));
        assertThat(scores.normalisedAccuracy()).isCloseTo(.75, within(1e-12));
    }

    @Test
    void ofEquallyLikelyAnswersTheFirstCounts() {
        Questions questions =
                Questions.of(task(List.of(), new Item("g", "abc", List.of(" x", " y"), 1)), CHARACTERS, 0, 99);
        assertThat(TaskScores.of(questions, new double[] {2, 2}, new boolean[2]).accuracy())
                .isZero();
    }
}
