package dev.sol.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoadTest {
    private static final String STAT = """
            cpu  100 20 30 800 50 4 6 10 7 8
            cpu0 50 10 15 400 25 2 3 5 0 0
            cpu1 50 10 15 400 25 2 3 5 0 0
            intr 12345
            """;

    @Test
    void sumsWhatIsWorkAndWhatIsNot() {
        assertThat(ProcessorTimes.parse(STAT)).contains(new ProcessorTimes(100 + 20 + 30 + 4 + 6 + 10, 800 + 50, 2));
    }

    @Test
    void anOldKernelHasFewerColumns() {
        assertThat(ProcessorTimes.parse("cpu 1 2 3 4 5\n")).contains(new ProcessorTimes(6, 9, 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "cpu", "cpu0 1 2 3 4 5 6 7 8", "cpu 1 2 3 4", "cpu 1 2 x 4 5 6 7 8"})
    void whatIsNoStat(String text) {
        assertThat(ProcessorTimes.parse(text)).isEmpty();
    }

    @Test
    void howManyWereBusy() {
        ProcessorTimes before = new ProcessorTimes(1000, 5000, 4);
        assertThat(new ProcessorTimes(1030, 5090, 4).busySince(before)).isEqualTo(1);
        assertThat(before.busySince(before)).isZero();
        // Linux may take back idle time.
        assertThat(new ProcessorTimes(1030, 4990, 4).busySince(before)).isEqualTo(4);
    }

    @Test
    void othersAreWhatIsNotOwn() {
        assertThat(Load.others(1.5, 2.4, 2)).isEqualTo(.3, within(1e-9));
        assertThat(Load.others(1.5, 3.2, 2)).isZero(); // the ticks of both are not counted at the same time
    }

    @Test
    void namesAndSizesOfTheMachine() {
        assertThat(Machine.cpuName("processor\t: 0\nmodel name\t: Some CPU: 2 GHz\nmodel name\t: Other\n"))
                .isEqualTo("Some CPU: 2 GHz");
        assertThat(Machine.cpuName("")).isEqualTo(System.getProperty("os.arch"));

        String memory = "MemTotal:       24000000 kB\nMemFree: 1 kB\nMemAvailable:   1000 kB\nMemAvailableX: 5 kB\n";
        assertThat(Machine.memory("MemAvailable", memory)).hasValue(1000 * 1024);
        assertThat(Machine.memory("MemTotal", memory)).hasValue(24_000_000L * 1024);
        assertThat(Machine.memory("MemTotal", "")).isEmpty();

        assertThat(new Machine("CPU", 2, 3L << 30, "Linux", "VM")).hasToString("CPU, 2 processors, 3.0 GiB, Linux, VM");
        assertThat(new Machine("CPU", 2, 0, "Linux", "VM")).hasToString("CPU, 2 processors, Linux, VM");
    }
}
