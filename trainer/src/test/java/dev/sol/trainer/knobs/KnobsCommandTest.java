package dev.sol.trainer.knobs;

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

/** What {@code sol knobs} refuses before it needs a model. */
class KnobsCommandTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Command.run(new KnobsCommand(), new PrintWriter(out), new PrintWriter(err), arguments);
    }

    /** arguments beside --corpus (by spaces) | a part of the message */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            --tokens 0              | --tokens must be at least 1
            --tokens many           | --tokens
            --attn .5,2             | --attn: attn must be in (0, 1], but is 2.0
            --attn x                | --attn
            --mlp 0                 | --mlp: mlp must be in (0, 1], but is 0.0
            --mlp NaN               | but is NaN
            --bits 8,17             | --bits: bits must be in 4…16, but is 17
            --only magic            | --only magic matches nothing
            --only (                | --only
            --page 0                | page must be at least 1
            --page 2000             | page must be at most 1024
            --n-gpu-layers -2       | n_gpu_layers must be -1
            --magic                 | Unknown option
            """)
    void wrongArguments(String arguments, String message) throws IOException {
        Path corpus = Files.writeString(folder.resolve("a.txt"), "text");
        int code = run(Stream.concat(Stream.of("--corpus", corpus.toString()), Stream.of(arguments.split(" ")))
                .toArray(String[]::new));

        assertThat(code).isEqualTo(2);
        assertThat(err.toString()).startsWith("knobs: ").contains(message).doesNotContain("\tat ");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void theCorpusIsAskedFor() {
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).contains("--corpus");

        assertThat(run("--corpus", folder.resolve("none.txt").toString())).isEqualTo(2);
        assertThat(err.toString()).contains("there is no file", "none.txt");
    }

    @Test
    void help() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString())
                .contains("--model", "--corpus", "--json", "--tokens", "--context", "--prefix", "--page", "--attn")
                .contains("--mlp", "--bits", "--only", "--threads", "--seed");
        assertThat(err.toString()).isEmpty();
    }
}
