package dev.sol.trainer.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressTest {
    @Test
    void progressIsToldInLines() {
        StringWriter text = new StringWriter();
        long[] now = {0};
        Progress progress = new Progress(new PrintWriter(text), false, () -> now[0]);
        progress.begin("work", 10);
        now[0] = TimeUnit.SECONDS.toNanos(20);
        progress.step(1);
        now[0] = TimeUnit.SECONDS.toNanos(40);
        progress.step(1);
        now[0] = TimeUnit.SECONDS.toNanos(200);
        progress.end();
        assertThat(text.toString().lines()).containsExactly("work: 20%, 2:40 min left", "work: 3:20 min");
    }
}
