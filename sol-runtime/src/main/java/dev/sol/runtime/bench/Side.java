package dev.sol.runtime.bench;

/** One of those that take turns: it works during {@link #steps} and sleeps otherwise. */
@FunctionalInterface
interface Side {

    /** Decodes {@code n} times one token, which is forgotten again. Returns the times in ms. */
    double[] steps(int n);
}
