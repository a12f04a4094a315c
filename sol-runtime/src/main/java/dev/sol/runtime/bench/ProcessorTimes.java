package dev.sol.runtime.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * What all processors of the machine have done since it was started, from Linux's {@code /proc/stat}. In a container these may be
 * more than its own; the others still share caches and memory with them.
 *
 * @param busy ticks of user, system and interrupt time; also what a hypervisor gave to others
 * @param idle ticks without work, waiting for disks included
 * @param processors how many there are
 */
record ProcessorTimes(long busy, long idle, int processors) {
    private static final Path STAT = Path.of("/proc/stat");
    private static final int TIMES = 8; // user nice system idle iowait irq softirq steal; guests are in user and nice
    private static final int IDLE = 3;
    private static final int IO_WAIT = 4;

    /** Empty on systems that have no such file. */
    static Optional<ProcessorTimes> now() {
        try {
            return parse(Files.readString(STAT));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** @param stat the file's text; empty if it is something else */
    static Optional<ProcessorTimes> parse(String stat) {
        String line = stat.lines().findFirst().orElse("");
        String[] fields = line.strip().split("\\s+");
        if (fields.length <= 1 + IO_WAIT || !fields[0].equals("cpu")) {
            return Optional.empty();
        }
        try {
            long[] times = Arrays.stream(fields)
                    .skip(1)
                    .limit(TIMES)
                    .mapToLong(Long::parseLong)
                    .toArray();
            long idle = times[IDLE] + times[IO_WAIT];
            int processors = (int)
                    stat.lines().filter(each -> each.matches("cpu\\d+ .*")).count();
            return Optional.of(new ProcessorTimes(Arrays.stream(times).sum() - idle, idle, Math.max(processors, 1)));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /**
     * How many processors were busy, on average, since {@code earlier}.
     *
     * @return 0 if no tick has passed
     */
    double busySince(ProcessorTimes earlier) {
        long busyTicks = Math.max(0, busy - earlier.busy);
        long idleTicks = Math.max(0, idle - earlier.idle);
        return busyTicks + idleTicks == 0 ? 0 : (double) processors * busyTicks / (busyTicks + idleTicks);
    }
}
