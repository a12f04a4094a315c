package dev.sol.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.runtime.RequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The protocol, with a shell script in place of the program. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class StockProcessTest {
    @TempDir
    Path folder;

    /** A program that says who it is, and then does what the script says with each line, which it has in {@code $line}. */
    private Path program(String greeting, String script) throws IOException {
        Path file = folder.resolve("program");
        Files.writeString(file, """
                #!/bin/sh
                echo '%s'
                while read -r line; do
                    echo "$line" >>'%s'
                    %s
                done
                """.formatted(greeting, folder.resolve("commands"), script));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        return file;
    }

    @Test
    void asksAndUnderstands() throws IOException {
        Path program =
                program("stock-decode 1 AVX2 = 1 |", "case $line in steps*) echo ok 1.5 2 0.25;; *) echo ok;; esac");
        try (StockProcess stock = StockProcess.start(program)) {
            assertThat(stock.system()).isEqualTo("AVX2 = 1 |");
            assertThat(stock.handle().isAlive()).isTrue();
            stock.load(Path.of("/a b/c.gguf"), 2, true, 100, "q8_0");
            stock.fill(64);
            assertThat(stock.steps(3)).containsExactly(1.5, 2, .25);
            assertThatThrownBy(() -> stock.steps(4))
                    .isInstanceOf(BenchException.class)
                    .hasMessageContaining("3 times, not 4");
        }
        assertThat(folder.resolve("commands"))
                .hasContent("load 2 kept 100 q8_0 /a b/c.gguf\nfill 64\nsteps 3\nsteps 4\n");
    }

    @Test
    void endsWithItsInput() throws IOException {
        StockProcess stock = StockProcess.start(program("stock-decode 1 x", "echo ok"));
        stock.close();
        assertThat(stock.handle().isAlive()).isFalse();
    }

    @Test
    void errorsOfStock() throws IOException {
        try (StockProcess stock = StockProcess.start(program("stock-decode 1 x", "echo error no such file"))) {
            assertThatThrownBy(() -> stock.fill(1))
                    .isInstanceOf(BenchException.class)
                    .hasMessage("stock llama.cpp: no such file");
        }
    }

    @Test
    void aDeathIsNoticed() throws IOException {
        try (StockProcess stock = StockProcess.start(program("stock-decode 1 x", "exit 3"))) {
            assertThatThrownBy(() -> stock.fill(1))
                    .isInstanceOf(BenchException.class)
                    .hasMessageContaining("stock-decode is gone");
        }
    }

    @Test
    void anotherProgramIsRefused() throws IOException {
        Path other = program("hello", "echo ok");
        assertThatThrownBy(() -> StockProcess.start(other))
                .isInstanceOf(BenchException.class)
                .hasMessageContaining("hello");
        assertThatThrownBy(() -> StockProcess.start(folder.resolve("missing"))).isInstanceOf(BenchException.class);
    }

    @Test
    void answersThatAreNone() {
        assertThatThrownBy(() -> StockProcess.result("okay")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> StockProcess.result(null)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> StockProcess.times("1 x")).isInstanceOf(BenchException.class);
        assertThat(StockProcess.times("")).isEmpty();
    }

    @Test
    void aPathOfTwoLinesIsNotSent() throws IOException {
        try (StockProcess stock = StockProcess.start(program("stock-decode 1 x", "echo ok"))) {
            assertThatThrownBy(() -> stock.load(Path.of("/a\nquit"), 1, false, 1, "f16"))
                    .isInstanceOf(RequestException.class);
        }
        assertThat(folder.resolve("commands")).doesNotExist();
    }
}
