package dev.sol.trainer.eval;

import dev.sol.trainer.tasks.Question;
import dev.sol.trainer.tasks.Questions;
import dev.sol.trainer.tasks.TaskScores;
import java.util.ArrayList;
import java.util.List;

/**
 * A task as passages: the first token of an answer is predicted by the step of the last token before it, so that this is the first step
 * that the budget is for, and what is before it is the dense prefix.
 *
 * @param questions what is asked
 * @param everything whether the budget is also for the tokens before
 */
record TaskSet(Questions questions, boolean everything) {

    String name() {
        return questions.task().name();
    }

    List<Passage> passages() {
        List<Passage> passages = new ArrayList<>();
        for (Question question : questions.questions()) {
            int prefix = everything ? 1 : question.tokens().length - question.scored() - 1;
            passages.add(new Passage(question.tokens(), prefix));
        }
        return passages;
    }

    /** Tokens of the longest. */
    int longest() {
        return questions.questions().stream()
                .mapToInt(question -> question.tokens().length)
                .max()
                .orElse(0);
    }

    /** What a run over {@link #passages} says of the answers. */
    TaskScores scores(Measured measured) {
        int count = questions.questions().size();
        double[] nats = new double[count];
        boolean[] hits = new boolean[count];
        for (int i = 0; i < count; i++) {
            float[] steps = measured.nll()[i];
            hits[i] = true;
            for (int step = steps.length - questions.questions().get(i).scored(); step < steps.length; step++) {
                nats[i] += steps[step];
                hits[i] &= measured.hits()[i][step];
            }
        }
        return TaskScores.of(questions, nats, hits);
    }
}
