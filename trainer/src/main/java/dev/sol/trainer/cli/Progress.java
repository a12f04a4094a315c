package dev.sol.trainer.cli;

import java.io.PrintWriter;

/** Shows how far a measurement of many cells is, and how long it will take. One thread. */
public interface Progress extends AutoCloseable {

    /** What there is to do. */
    void start(int cells, long tokens);

    /** Another cell begins. */
    void begin(String id);

    /** More tokens of it are done. */
    void step(int tokens);

    /** It is done. */
    void end(String result);

    /** These need not be done. */
    void skip(int cells, long tokens);

    /** There is more to do than was known. */
    void expect(long tokens);

    /** Runs what prints to the same screen. */
    void aside(Runnable print);

    @Override
    void close();

    /** A bar on a terminal, otherwise a line for each cell. */
    static Progress of(String command, PrintWriter err) {
        return Terminal.isThere() ? new ProgressOnTerminal(command, err) : new ProgressLines(err, System::nanoTime);
    }
}
