package dev.sol.runtime.bench;

import dev.sol.runtime.RequestException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stock llama.cpp in a process of its own, which works only between a command and its answer. {@code
 * native-llama/bench/stock-decode.cpp} has the protocol. One thread, but {@link #kill} is for any.
 */
final class StockProcess implements AutoCloseable {
    private static final String GREETING = "stock-decode 1 ";
    private static final String OK = "ok";
    private static final String ERROR = "error ";
    private static final long PATIENCE_SECONDS = 5;

    private final Process process;
    private final Writer commands;
    private final BufferedReader answers;
    private final String system;

    private StockProcess(Process process) throws IOException {
        this.process = process;
        this.commands = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
        this.answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        this.system = greeting(answers.readLine());
    }

    /**
     * Starts the program.
     *
     * @throws BenchException if it does not start, or is another one
     */
    static StockProcess start(Path program) {
        try {
            return new StockProcess(new ProcessBuilder(program.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        } catch (IOException e) {
            throw new BenchException("Cannot start " + program + ": " + e.getMessage(), e);
        }
    }

    /** llama.cpp's line about the CPU. */
    static String greeting(@Nullable String line) throws IOException {
        if (line == null || !line.startsWith(GREETING)) {
            throw new IOException("it does not say that it is stock-decode, but " + line);
        }
        return line.substring(GREETING.length()).strip();
    }

    /** What stock llama.cpp found in the CPU. */
    String system() {
        return system;
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    /**
     * Loads a model and makes a context.
     *
     * @param keepThreads whether the threads stay, and poll for work, while steps are timed; otherwise they are made for each decode
     * @param cells positions that fit
     * @param kvType f16 or q8_0
     */
    void load(Path model, int threads, boolean keepThreads, int cells, String kvType) {
        String path = model.toAbsolutePath().toString();
        if (path.lines().count() != 1) {
            throw RequestException.invalid("model", "the path of the model must be one line: " + path);
        }
        ask("load %d %s %d %s %s".formatted(threads, keepThreads ? "kept" : "none", cells, kvType, path));
    }

    /** Makes the KV cache hold so many positions. */
    void fill(int depth) {
        ask("fill " + depth);
    }

    /** Decodes {@code n} times one token at the depth. Returns the times in ms. */
    double[] steps(int n) {
        double[] times = times(ask("steps " + n));
        if (times.length != n) {
            throw new BenchException("stock-decode gave %d times, not %d".formatted(times.length, n));
        }
        return times;
    }

    /** @param answer without {@code ok} */
    static double[] times(String answer) {
        try {
            return Arrays.stream(answer.split(" "))
                    .filter(word -> !word.isEmpty())
                    .mapToDouble(Double::parseDouble)
                    .toArray();
        } catch (NumberFormatException e) {
            throw new BenchException("stock-decode gave times that are no numbers: " + answer, e);
        }
    }

    private String ask(String command) {
        try {
            commands.write(command + "\n");
            commands.flush();
            return result(answers.readLine());
        } catch (IOException e) {
            throw new BenchException("stock-decode is gone: " + e.getMessage(), e);
        }
    }

    /** What is behind {@code ok}. */
    static String result(@Nullable String answer) throws IOException {
        if (answer == null) {
            throw new IOException("it ended without an answer");
        }
        if (answer.startsWith(ERROR)) {
            throw new BenchException("stock llama.cpp: " + answer.substring(ERROR.length()));
        }
        if (answer.equals(OK) || answer.startsWith(OK + " ")) {
            return answer.substring(OK.length()).strip();
        }
        throw new IOException("it answered " + answer);
    }

    /** Ends it at once: a command that it works on fails. */
    void kill() {
        process.destroyForcibly();
    }

    @Override
    public void close() {
        try {
            commands.close();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                kill();
            }
        } catch (IOException e) {
            kill();
        } catch (InterruptedException e) {
            kill();
            Thread.currentThread().interrupt();
        }
    }
}
