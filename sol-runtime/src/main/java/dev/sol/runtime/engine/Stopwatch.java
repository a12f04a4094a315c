package dev.sol.runtime.engine;

/** Times one completion from its construction on. */
final class Stopwatch {
    private final long start = System.nanoTime();
    private long firstToken;

    /** The prompt has given the first token. */
    void endPrompt() {
        firstToken = System.nanoTime();
    }

    /** The times until now. */
    Timings timings(int promptTokens, int generatedTokens) {
        long now = System.nanoTime();
        long promptEnd = generatedTokens == 0 ? now : firstToken;
        return new Timings(promptTokens, (promptEnd - start) / 1e6, generatedTokens, (now - promptEnd) / 1e6);
    }
}
