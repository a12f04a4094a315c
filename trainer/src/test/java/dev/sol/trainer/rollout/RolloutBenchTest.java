package dev.sol.trainer.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.cli.Command;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class RolloutBenchTest {
    private static int run(StringWriter out, StringWriter err, String... arguments) {
        return Command.run(new RolloutBench(), new PrintWriter(out), new PrintWriter(err), arguments);
    }

    @Test
    @Tag("model")
    void printsRoundsAndTheirMedian() {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = run(out, err, "--inputs=2", "--schedules=3", "--prefix=20", "--rounds=2", "--threads=1");

        assertThat(err.toString()).isEmpty();
        assertThat(code).isZero();
        assertThat(out.toString().lines())
                .hasSize(3)
                .allMatch(line -> line.matches("2 × 3 schedules: \\d+ tokens/s; one at a time: \\d+ tokens/s; ratio"
                                + " \\d+\\.\\d\\d")
                        || line.matches("median ratio \\d+\\.\\d\\d \\(\\d+\\.\\d\\d to \\d+\\.\\d\\d\\)"));
    }

    @Test
    void numbersOutOfRange() {
        StringWriter err = new StringWriter();
        assertThat(run(new StringWriter(), err, "--rounds=0")).isEqualTo(2);
        assertThat(err.toString()).contains("at least 1");
    }
}
