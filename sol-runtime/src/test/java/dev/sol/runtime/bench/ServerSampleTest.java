package dev.sol.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ServerSampleTest {
    @Test
    void gapsLieBetweenTexts() {
        ServerSample sample = ServerSample.of(4, List.of(10.0, 12.0, 15.0));
        assertThat(sample.first()).containsExactly(10.0);
        assertThat(sample.gaps()).containsExactly(2.0, 3.0);
    }

    @Test
    void ratesAreOfAllTokens() {
        ServerSample one = ServerSample.of(10, List.of(1.0)).in(2);
        ServerSample both = one.plus(ServerSample.of(30, List.of(5.0)).in(6));
        assertThat(one.tokensPerSecond()).isEqualTo(5);
        assertThat(both.tokensPerSecond()).isEqualTo(5);
        assertThat(both.first()).containsExactly(1.0, 5.0);
    }

    @Test
    void percentiles() {
        List<Double> values = List.of(4.0, 1.0, 3.0, 2.0);
        assertThat(ServerSample.percentile(values, .5)).isEqualTo(2);
        assertThat(ServerSample.percentile(values, .75)).isEqualTo(3);
        assertThat(ServerSample.percentile(values, .76)).isEqualTo(4);
        assertThat(ServerSample.percentile(values, 1)).isEqualTo(4);
        assertThat(ServerSample.percentile(List.of(), .5)).isNaN();
    }
}
