package dev.sol.trainer.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.cli.Command;
import dev.sol.runtime.gguf.TensorType;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code sol prepare} refuses before it needs the native library. */
class PrepareCommandTest {
    @TempDir
    Path folder;

    private final StringWriter err = new StringWriter();

    @BeforeEach
    void files() throws IOException {
        Files.writeString(folder.resolve("text.txt"), "text");
        TinyGguf.write(folder.resolve("tiny.gguf"), TensorType.F16, false);
        TinyGguf.write(folder.resolve("q8.gguf"), TensorType.Q8_0, false);
        Files.writeString(folder.resolve("damaged.gguf"), "GGUF");
    }

    private int run(String... arguments) {
        List<String> all =
                new ArrayList<>(List.of("--corpus", folder.resolve("text.txt").toString()));
        Arrays.stream(arguments)
                .map(argument -> argument.replace("@", folder + "/"))
                .forEach(all::add);
        StringWriter out = new StringWriter();
        return Command.run(
                new PrepareCommand(), new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
    }

    /** arguments beside --corpus | a part of the message; @ is the folder */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --model @tiny.gguf                                       | give --out, --predictor or both
            --model @tiny.gguf --predictor @p --quantize Q8_0        | --quantize needs --out
            --model @tiny.gguf --out @o --group 16                   | --group must be 8 or 32, not 16
            --model @tiny.gguf --out @o --rank 33                    | --rank must be a multiple of 32
            --model @tiny.gguf --predictor @p --rank 96              | the model's width is 64
            --model @tiny.gguf --out @o --tokens 0                   | --tokens
            --model @tiny.gguf --out @o --quantize Q3_X              | --quantize must be one of [F32, F16
            --model @tiny.gguf --out @none/o                         | there is no folder
            --model @tiny.gguf --out @tiny.gguf                      | --out is the model itself
            --model @tiny.gguf --out @o --predictor @o               | are the same file
            --model @none.gguf --out @o                              | there is no file
            --model @damaged.gguf --out @o                           | damaged.gguf is truncated
            --model @text.txt --out @o                               | text.txt is no GGUF
            --model @q8.gguf --out @o                                | q8.gguf is quantised (Q8_0)
            --model @tiny.gguf --out @o --evaluate @none.txt         | there is no file
            """)
    void wrongArguments(String arguments, String message) throws IOException {
        assertThat(run(arguments.split(" "))).isEqualTo(2);
        assertThat(err.toString()).startsWith("prepare: ").contains(message).doesNotContain("\tat ");
        assertThat(folder.resolve("o")).doesNotExist();
    }
}
