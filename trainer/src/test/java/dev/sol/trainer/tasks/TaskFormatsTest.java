package dev.sol.trainer.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.runtime.RequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskFormatsTest {
    @TempDir
    Path folder;

    private Path file(String name, String... lines) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, List.of(lines));
    }

    private void assertRefused(String option, String... parts) {
        assertThatThrownBy(() -> TaskKind.load(option))
                .isInstanceOf(RequestException.class)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts));
    }

    @Test
    void mmluWithAHeaderAndNumbers() throws IOException {
        Path file = file(
                "world_religions_test.csv",
                "question,choice0,choice1,choice2,choice3,answer",
                "\"Who, of these,",
                "was a \"\"prophet\"\"?\",One,Two,Three,Four,2");
        Task task = TaskKind.load("mmlu=" + file);

        assertThat(task.items())
                .containsExactly(new Item(
                        "world_religions",
                        "Who, of these,\nwas a \"prophet\"?\nA. One\nB. Two\nC. Three\nD. Four\nAnswer:",
                        List.of(" A", " B", " C", " D"),
                        2));
        assertThat(task.introduction().get("world_religions"))
                .isEqualTo("The following are multiple choice questions (with answers) about world religions.\n\n");
        assertThat(task.chance()).isEqualTo(.25);
    }

    @Test
    void mmluAsAFolderWithoutHeadersAndWithLettersAndShots() throws IOException {
        file("mmlu/test/anatomy_test.csv", "Q1,a,b,c,d,B", "Q2,a,b,c,d,d");
        file("mmlu/test/law_test.csv", "Q3,a,b,c,d,A");
        file("mmlu/dev/anatomy_dev.csv", "S1,w,x,y,z,D");
        Task task = TaskKind.load("mmlu=" + folder.resolve("mmlu"));

        assertThat(task.items()).extracting(Item::gold).containsExactly(1, 3, 0);
        assertThat(task.items()).extracting(Item::group).containsExactly("anatomy", "anatomy", "law");
        assertThat(task.shots().get("anatomy")).containsExactly("S1\nA. w\nB. x\nC. y\nD. z\nAnswer: D\n\n");
        assertThat(task.shots().get("law")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            Q,a,b,c,d,E   | the answer must be A to D or 0 to 3, not 'E'
            Q,a,b,c,d,4   | not '4'
            Q,a,b,c,d,    | not ''
            Q,a,b,c,1     | 5 columns
            Q,a,b,c,d,1,2 | 7 columns
            ,a,b,c,d,1    | the question is empty
            """)
    void malformedMmlu(String row, String message) throws IOException {
        Path file = file("x_test.csv", "Q1,a,b,c,d,B", "Q2,a,b,c,d,B", row, "Q4,a,b,c,d,A");
        assertRefused("mmlu=" + file, file + ", line 3: ", message);
    }

    @Test
    void choices() throws IOException {
        Path file = file(
                "arc.jsonl",
                "{\"query\": \"Question: Which?\", \"choices\": [\"this one\", \"that\", \"none\"], \"gold\": 1}",
                "",
                "{\"query\": \"Which? Answer:\", \"choices\": [\"x\", \"y\"], \"gold\": 0}");
        Task task = TaskKind.load("choices=" + file);

        assertThat(task.name()).isEqualTo("arc");
        assertThat(task.items())
                .containsExactly(
                        new Item("arc", "Question: Which?\nAnswer:", List.of(" this one", " that", " none"), 1),
                        new Item("arc", "Which? Answer:", List.of(" x", " y"), 0));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"query": "q", "choices": ["a", "b"], "gold": 2}   | 'gold' must be from 0 to 1, not 2
            {"query": "q", "choices": ["a", "b"], "gold": "0"} | 'gold' must be
            {"query": "q", "choices": ["a", "b"]}              | 'gold' must be
            {"query": "q", "choices": ["a"], "gold": 0}        | 'choices' must be a list of at least two
            {"query": "q", "choices": ["a", 1], "gold": 0}     | an answer in 'choices' is no text
            {"query": 7, "choices": ["a", "b"], "gold": 0}     | 'query' must be a text
            ["q"]                                              | no JSON object
            {"query": "q",                                     | no JSON:
            """)
    void malformedChoices(String line, String message) throws IOException {
        Path file = file("a.jsonl", "{\"query\": \"q\", \"choices\": [\"a\", \"b\"], \"gold\": 0}", "", line);
        assertRefused("choices=" + file, "a.jsonl, line 3: ", message);
    }

    @Test
    void lambada() throws IOException {
        Path file = file(
                "l.jsonl",
                "{\"context\": \"I don't care about \", \"continuation\": \"signs\"}",
                "{\"text\": \"It was Shane\"}");
        assertThat(TaskKind.load("lambada=" + file).items())
                .containsExactly(
                        new Item("l", "I don't care about", List.of(" signs"), 0),
                        new Item("l", "It was", List.of(" Shane"), 0));
        assertRefused("lambada=" + file("m.jsonl", "{\"text\": \"one\"}"), "line 1", "no word before the last");
        assertRefused("lambada=" + file("n.jsonl", "{\"context\": \"a\"}"), "line 1", "'continuation' must be a text");
    }

    @Test
    void blimp() throws IOException {
        file("blimp/a.jsonl", "{\"sentence_good\": \"He sees.\", \"sentence_bad\": \"He see.\", \"UID\": \"a\"}");
        file("blimp/b.jsonl", "{\"sentence_good\": \"I am.\", \"sentence_bad\": \"I is.\"}");
        Task task = TaskKind.load("blimp=" + folder.resolve("blimp"));
        assertThat(task.items())
                .containsExactly(
                        new Item("a", "\n", List.of("He sees.", "He see."), 0),
                        new Item("b", "\n", List.of("I am.", "I is."), 0));
        assertRefused("blimp=" + file("c.jsonl", "{\"sentence_good\": \"I am.\"}"), "line 1", "'sentence_bad'");
    }

    @Test
    void whatIsMissingIsNamed() throws IOException {
        for (TaskKind kind : TaskKind.values()) {
            assertRefused(kind.key() + "=" + folder.resolve("none"), "there is no file or folder", "none");
            Files.createDirectories(folder.resolve("empty"));
            assertRefused(kind.key() + "=" + folder.resolve("empty"), "has no files *.");
            assertRefused(kind.key() + "=" + file("nothing.txt"), "has no questions");
            assertRefused(kind.key(), "needs its file or folder");
        }
        assertRefused("quiz=x", "--task has no 'quiz'; there are: mmlu, choices, lambada, blimp");
    }

    @Test
    void someItemsAreFromAllOver() throws IOException {
        Path file = file("q_test.csv", "1,a,b,c,d,A", "2,a,b,c,d,A", "3,a,b,c,d,A", "4,a,b,c,d,A", "5,a,b,c,d,A");
        Task task = TaskKind.load("mmlu=" + file);
        assertThat(task.spread(2).items())
                .containsExactly(task.items().get(0), task.items().get(2));
        assertThat(task.spread(0)).isSameAs(task);
        assertThat(task.spread(9)).isSameAs(task);
    }
}
