package dev.sol.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.cli.Command;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code sol eval} refuses before it needs a model. */
class EvalCommandTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Command.run(new EvalCommand(), new PrintWriter(out), new PrintWriter(err), arguments);
    }

    /** arguments beside --corpus (by spaces) | a part of the message */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            --policy uniform --budgets .01       | --budgets: budget must be between 0.1167 (the minimum) and 1
            --policy uniform --budgets half      | --budgets
            --policy magic                       | there is no policy and no file 'magic'
            --policy uniform --execution fast    | --execution has no 'fast'; there are: reference, skip
            --policy uniform --page 0            | page must be at least 1
            --policy uniform --magic             | Unknown option
            --suite huge                         | --suite has no 'huge'; there are: quick, standard, full
            --baselines best                     | --baselines has no 'best'; there are: random, random-mix
            --knobs theirs                       | --knobs has no 'theirs'; there are: given, paper, ours, both
            --task quiz=x                        | --task has no 'quiz'; there are: mmlu, choices, lambada, blimp
            --only-tasks                         | --only-tasks needs a --task
            --budget-scope half                  | --budget-scope has no 'half'; there are: continuation, everything
            --refresh -1                         | --refresh must be at least 0, not -1
            """)
    void wrongArguments(String arguments, String message) throws IOException {
        Path corpus = Files.writeString(folder.resolve("a.txt"), "text");
        int code = run(Stream.concat(Stream.of("--corpus", corpus.toString()), Stream.of(arguments.split(" ")))
                .toArray(String[]::new));

        assertThat(code).isEqualTo(2);
        assertThat(err.toString()).startsWith("eval: ").contains(message).doesNotContain("\tat ");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void aMissingTextIsNamed() {
        String missing = folder.resolve("none.txt").toString();
        assertThat(run("--policy", "uniform", "--corpus", missing)).isEqualTo(2);
        assertThat(err.toString()).contains("there is no file", "none.txt");
        assertThat(run("--policy", "uniform", "--validation", missing)).isEqualTo(2);
    }

    @Test
    void help() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString())
                .contains("--model", "--policy", "--corpus", "--budgets", "--tokens", "--prefix", "--stretch")
                .contains(
                        "--execution",
                        "--json",
                        "--out",
                        "--suite",
                        "--baselines",
                        "--knobs",
                        "--refresh",
                        "--no-timing",
                        "--threads",
                        "--seed",
                        "--attn-criterion");
        assertThat(err.toString()).isEmpty();
    }
}
