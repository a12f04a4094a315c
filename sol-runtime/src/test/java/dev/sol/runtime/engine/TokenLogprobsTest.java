package dev.sol.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.sol.runtime.ModelException;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenLogprobsTest {
    private static float log(double x) {
        return (float) Math.log(x);
    }

    @Test
    void isTheLogarithmOfTheSoftmax() {
        TokenLogprobs read = TokenLogprobs.of(new float[] {log(1), log(2), log(5)}, 1, 2);

        assertThat(read.logprob()).isCloseTo(log(2 / 8.0), offset(1e-5f));
        assertThat(read.entropy())
                .isCloseTo(-(log(1 / 8.0) / 8 + log(2 / 8.0) / 4 + log(5 / 8.0) * 5 / 8), offset(1e-5f));
        assertThat(read.top()).extracting(TokenLogprobs.Alternative::token).containsExactly(2, 1);
        assertThat(read.top().getFirst().logprob()).isCloseTo(log(5 / 8.0), offset(1e-5f));
    }

    @Test
    void theLikeliestComeFirstAndOfEqualOnesTheLowerId() {
        Random random = new Random(1);
        float[] logits = new float[1000];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = random.nextInt(50);
        }
        List<Integer> expected = IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> -logits[i]).thenComparing(Comparator.naturalOrder()))
                .limit(20)
                .toList();

        assertThat(TokenLogprobs.of(logits, 0, 20).top())
                .extracting(TokenLogprobs.Alternative::token)
                .isEqualTo(expected);
    }

    @Test
    void moreAlternativesThanTokensAreAll() {
        assertThat(TokenLogprobs.of(new float[] {1, 2}, 0, 20).top()).hasSize(2);
        assertThat(TokenLogprobs.of(new float[] {1, 2}, 0, 0).top()).isEmpty();
    }

    @Test
    void impossibleTokensAreImpossible() {
        TokenLogprobs read = TokenLogprobs.of(new float[] {0, Float.NEGATIVE_INFINITY, 0}, 1, 1);

        assertThat(read.logprob()).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(read.entropy()).isCloseTo(log(2), offset(1e-6f));
    }

    @Test
    void logitsMustBeNumbers() {
        for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> TokenLogprobs.of(new float[] {0, wrong}, 0, 1))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("not finite");
        }
    }
}
