package dev.sol.runtime.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** Compares greedy answers to one request, asked for with two alternatives per token. */
final class Answers {
    /** Batches of different sizes add the same numbers in another order: logits this close are equal. */
    private static final float TIE = 1e-2f;

    /** Of log-probabilities, on average: other knobs make .04 to .09, batches of another size at most .015. */
    private static final double ALIKE = 0.03;

    private Answers() {}

    /** Fails unless the answers are equal, or first differ where the two likeliest tokens are as likely. */
    static void assertSame(CompletionResult actual, CompletionResult expected) {
        List<TraceEntry> some = requireNonNull(actual.trace());
        List<TraceEntry> others = requireNonNull(expected.trace());
        for (int i = 0; i < Math.min(some.size(), others.size()); i++) {
            if (some.get(i).token() != others.get(i).token()) {
                List<TokenLogprobs.Alternative> top =
                        requireNonNull(others.get(i).logprobs()).top();
                assertThat(top.get(0).logprob() - top.get(1).logprob())
                        .as("how sure token %d is, %s rather than %s", i, others.get(i), some.get(i))
                        .isLessThan(TIE);
                return;
            }
        }
        assertThat(some).hasSameSizeAs(others);
        assertThat(actual.text()).isEqualTo(expected.text());
    }

    /**
     * Fails unless the answers agree in knobs and, on average, in how likely the model found their tokens, as far as these are the same.
     * For knobs whose effect is not continuous.
     */
    static void assertAlike(CompletionResult actual, CompletionResult expected) {
        List<TraceEntry> some = requireNonNull(actual.trace());
        List<TraceEntry> others = requireNonNull(expected.trace());
        double sum = 0;
        int count = 0;
        while (count < some.size()
                && some.get(count).token() == others.get(count).token()) {
            assertThat(some.get(count).knobs()).isEqualTo(others.get(count).knobs());
            sum += Math.abs(requireNonNull(some.get(count).logprobs()).logprob()
                    - requireNonNull(others.get(count).logprobs()).logprob());
            count++;
        }
        assertThat(count).isPositive();
        assertThat(sum / count)
                .as("mean difference of %d log-probabilities", count)
                .isLessThan(ALIKE);
    }
}
