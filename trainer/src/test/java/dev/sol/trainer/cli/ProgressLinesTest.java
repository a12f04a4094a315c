package dev.sol.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressLinesTest {

    @Test
    void aLineForEachCellWithTheTimeThatIsLeft() {
        StringWriter err = new StringWriter();
        AtomicLong clock = new AtomicLong(TimeUnit.SECONDS.toNanos(1000));
        try (ProgressLines progress = new ProgressLines(new PrintWriter(err), clock::get)) {
            progress.start(12, 1200);
            progress.begin("dense");
            progress.step(60);
            progress.step(40);
            clock.addAndGet(TimeUnit.SECONDS.toNanos(20));
            progress.end("ppl 3.000");
            progress.skip(10, 1000);
            progress.begin("a");
            progress.step(100);
            progress.end("ppl 4.000");
        }
        assertThat(err.toString().lines()).containsExactly("[1/12] dense: ppl 3.000; 4 min left", "[2/2] a: ppl 4.000");
    }
}
