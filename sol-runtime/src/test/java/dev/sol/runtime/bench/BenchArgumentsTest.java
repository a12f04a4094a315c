package dev.sol.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.cli.Command;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Arguments that cannot be, told before anything is loaded. */
class BenchArgumentsTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    Path folder;

    private int run(String... arguments) {
        return run(new BenchCommand(), arguments);
    }

    private int run(Callable<Integer> command, String... arguments) {
        return Command.run(command, new PrintWriter(out), new PrintWriter(err), arguments);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--rounds=0 | --rounds must be at least 1, not 0",
                "--steps=-1 | --steps must be at least 0, not -1",
                "--threads=-1 | --threads must be at least 0, not -1",
                "--synthetic=llama-1b --depth=-1 | --depth must be at least 0, not -1",
                "--synthetic=llama-2b | --synthetic has no 'llama-2b'",
                "--synthetic=llama-1b --type=q3 | --type has no 'q3'",
                "--synthetic=llama-1b --cases=dense@0,dens | no case 'dens'",
                "--synthetic=llama-1b --attn-criterion=best | --attn-criterion has no 'best'; there are: recency, quest, mean",
                "--synthetic=llama-1b --kv-type=f32 | --kv-type has no 'f32'; there are: f16, q8_0",
                "--synthetic=llama-1b --attn-dropped=tail | a tail stands in for dropped pages, and recency has none",
                "--synthetic=llama-1b --depth=131072 | the model was trained with a context of 131072 tokens",
                "--synthetic=llama-1b --model=x.gguf | --model and --synthetic exclude each other",
                "--synthetic=llama-1b --predictor=x.gguf | --synthetic comes with a predictor of its own",
                "--type=q4_0 | --type is of the random weights of --synthetic",
                "--model=missing.gguf | there is no file missing.gguf",
                "--cases=ffn.5 | FFNs alone are measured by a model without them",
                "--cases=mlp.5p@0 | predicted gates need the model's --predictor",
                "--synthetic=llama-1b --cases=ffn.5,cost | there is no such case",
                "--depth=256 | the model was trained with a context of 256 tokens, 256 and one more do not fit",
            })
    void isOneLine(String arguments, String message) {
        assertThat(run(arguments.split(" "))).isEqualTo(2);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).startsWith("bench: ").contains(message).hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--rounds=0 | --rounds must be at least 1, not 0",
                "--threads=-1 | --threads must be at least 0, not -1",
                "--requests=0 | --requests must be at least 1, not 0",
                "--prompt=0 | --prompt must be at least 1, not 0",
                "--tokens=0 | --tokens must be at least 1, not 0",
                "--clients=4,0 | --clients must be at least 1, not 0",
                "--budget=0 | --budget must be above 0 and at most 1, not 0.0",
                "--synthetic=llama-2b | --synthetic has no 'llama-2b'",
                "--synthetic=llama-1b --model=x.gguf | --model and --synthetic exclude each other",
                "--model=missing.gguf | there is no file missing.gguf",
            })
    void isOneLineForServers(String arguments, String message) {
        assertThat(run(new ServerBenchCommand(), arguments.split(" "))).isEqualTo(2);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).contains(message).hasLineCount(1);
    }

    @Test
    void withoutStockThereIsNothingToCompareWith() {
        assertThat(run("--synthetic=llama-1b")).isEqualTo(1);
        assertThat(err.toString())
                .contains("./sol bench", "native-llama/build.sh bench")
                .hasLineCount(1);
    }

    @Test
    void withoutServersThereIsNothingToMeasure() {
        assertThat(run(new ServerBenchCommand())).isEqualTo(1);
        assertThat(err.toString())
                .contains("./sol bench", "native-llama/build.sh server")
                .hasLineCount(1);
    }

    @Test
    void aFileThatIsNoModel() throws IOException {
        Path file = Files.writeString(folder.resolve("a.gguf"), "hello");
        assertThat(run("--model=" + file)).isEqualTo(2);
        assertThat(err.toString()).contains("a.gguf").hasLineCount(1);
    }
}
