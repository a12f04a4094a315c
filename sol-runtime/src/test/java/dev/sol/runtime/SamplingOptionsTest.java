package dev.sol.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SamplingOptionsTest {
    private static SamplingOptions of(
            double temperature,
            int topK,
            double topP,
            double minP,
            double repeat,
            double frequency,
            double presence,
            int last) {
        return new SamplingOptions(
                temperature, topK, topP, minP, repeat, frequency, presence, last, OptionalInt.empty());
    }

    static Stream<Arguments> wrong() {
        return Stream.of(
                of("temperature", () -> SamplingOptions.DEFAULT.withTemperature(-0.1)),
                of("temperature", () -> SamplingOptions.DEFAULT.withTemperature(Double.NaN)),
                of("temperature", () -> SamplingOptions.DEFAULT.withTemperature(Double.POSITIVE_INFINITY)),
                of("top_k", () -> of(1, -1, 1, 0, 1, 0, 0, 0)),
                of("top_p", () -> of(1, 0, 1.01, 0, 1, 0, 0, 0)),
                of("top_p", () -> of(1, 0, Double.NaN, 0, 1, 0, 0, 0)),
                of("min_p", () -> of(1, 0, 1, -0.01, 1, 0, 0, 0)),
                of("repeat_penalty", () -> of(1, 0, 1, 0, 0, 0, 0, 0)),
                of("repeat_penalty", () -> of(1, 0, 1, 0, Double.NaN, 0, 0, 0)),
                of("frequency_penalty", () -> of(1, 0, 1, 0, 1, 101, 0, 0)),
                of("presence_penalty", () -> of(1, 0, 1, 0, 1, 0, -101, 0)),
                of("logit_bias", () -> SamplingOptions.DEFAULT.withLogitBias(Map.of(1, 100.1))),
                of("logit_bias", () -> SamplingOptions.DEFAULT.withLogitBias(Map.of(1, Double.NaN))),
                of("logit_bias", () -> SamplingOptions.DEFAULT.withLogitBias(Map.of(1, Double.POSITIVE_INFINITY))),
                of("repeat_last_n", () -> of(1, 0, 1, 0, 1, 0, 0, -2)));
    }

    private static Arguments of(String field, Supplier<SamplingOptions> options) {
        return Arguments.of(field, options);
    }

    @ParameterizedTest
    @MethodSource
    void wrong(String field, Supplier<?> options) {
        assertThatThrownBy(options::get)
                .isInstanceOfSatisfying(
                        RequestException.class, e -> assertThat(e.param()).isEqualTo(field))
                .hasMessageStartingWith(field + " must be ");
    }

    @Test
    void theEndsOfTheRangesAreAllowed() {
        assertThat(of(0, 0, 0, 1, 0.01, -100, 100, -1).isGreedy()).isTrue();
        assertThat(of(100, Integer.MAX_VALUE, 1, 0, 100, 100, -100, Integer.MAX_VALUE)
                        .isGreedy())
                .isFalse();
    }

    @Test
    void aMessageNamesTheRangeAndTheValue() {
        assertThatThrownBy(() -> SamplingOptions.DEFAULT.withTemperature(-1.5))
                .hasMessage("temperature must be from 0 to 100, not -1.5");
    }
}
