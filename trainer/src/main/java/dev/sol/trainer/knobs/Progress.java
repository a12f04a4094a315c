package dev.sol.trainer.knobs;

/** Shows how far it is. One thread. */
interface Progress extends AutoCloseable {

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

    /** Runs what prints to the same screen. */
    void aside(Runnable print);

    @Override
    void close();
}
