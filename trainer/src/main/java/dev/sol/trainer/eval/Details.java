package dev.sol.trainer.eval;

import java.util.ArrayList;
import java.util.List;

/** What is told beyond rows: searches, and what each token was given. For one thread. */
final class Details {
    /** Of a policy, or of dense. */
    record Tokens(Row row, Measured measured) {}

    private final List<Comparison.Search> searches = new ArrayList<>();
    private final List<Tokens> tokens = new ArrayList<>();

    List<Comparison.Search> searches() {
        return searches;
    }

    List<Tokens> tokens() {
        return tokens;
    }

    void add(Row row, Measured measured) {
        tokens.add(new Tokens(row, measured));
    }
}
