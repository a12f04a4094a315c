package dev.sol.trainer.tasks;

import dev.sol.trainer.corpus.TextTokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A task as tokens: introduction, shots, context, answer. What does not fit the model's context is left out, and counted: shots first,
 * the first of them first, then the start of the context.
 *
 * @param task with the items
 * @param questions of all items that fit, answers of one item together
 * @param shots shown on average, of those that were wanted
 * @param wanted shots that were asked for and that the task has, on average
 * @param truncated items whose context was cut
 * @param skipped items with an answer that does not fit at all
 */
public record Questions(Task task, List<Question> questions, double shots, double wanted, int truncated, int skipped) {

    /**
     * Encodes.
     *
     * @param shots how many are wanted
     * @param length tokens that fit
     */
    public static Questions of(Task task, TextTokenizer tokenizer, int shots, int length) {
        return new Builder(task, tokenizer, shots, length).build();
    }

    /** The items that were asked. */
    public List<Integer> items() {
        return questions.stream().map(Question::item).distinct().toList();
    }

    private static final class Builder {
        private final Task task;
        private final TextTokenizer tokenizer;
        private final int most;
        private final int length;
        private final int[] start;
        private final List<Question> questions = new ArrayList<>();
        private int shown;
        private int wanted;
        private int truncated;
        private int skipped;

        Builder(Task task, TextTokenizer tokenizer, int most, int length) {
            this.task = task;
            this.tokenizer = tokenizer;
            this.most = most;
            this.length = length;
            // A model that expects nothing before a text has seen what separates two.
            this.start = tokenizer.beginning().length > 0 ? tokenizer.beginning() : tokenizer.separator();
        }

        Questions build() {
            for (int i = 0; i < task.items().size(); i++) {
                add(i, task.items().get(i));
            }
            int asked = Math.max(1, task.items().size() - skipped);
            return new Questions(
                    task, List.copyOf(questions), (double) shown / asked, (double) wanted / asked, truncated, skipped);
        }

        private void add(int number, Item item) {
            List<int[]> answers = item.choices().stream().map(tokenizer::encode).toList();
            int longest =
                    answers.stream().mapToInt(answer -> answer.length).max().orElseThrow();
            int room = length - start.length - longest;
            int shortest =
                    answers.stream().mapToInt(answer -> answer.length).min().orElseThrow();
            if (room < 2 || shortest == 0) {
                skipped++;
                return;
            }
            List<String> all = task.shots().getOrDefault(item.group(), List.of());
            int count = Math.min(most, all.size());
            wanted += count;
            int[] context = encode(item, all.subList(0, count));
            while (context.length > room && count > 0) {
                count--;
                context = encode(item, all.subList(0, count));
            }
            shown += count;
            if (context.length > room) {
                truncated++;
                context = IntStream.of(context).skip(context.length - room).toArray();
            }
            for (int choice = 0; choice < answers.size(); choice++) {
                int[] tokens = IntStream.concat(
                                IntStream.concat(IntStream.of(start), IntStream.of(context)),
                                IntStream.of(answers.get(choice)))
                        .toArray();
                int bytes = item.choices().get(choice).strip().getBytes(StandardCharsets.UTF_8).length;
                questions.add(new Question(number, choice, tokens, answers.get(choice).length, bytes));
            }
        }

        private int[] encode(Item item, List<String> shots) {
            return tokenizer.encode(
                    task.introduction().getOrDefault(item.group(), "") + String.join("", shots) + item.context());
        }
    }
}
