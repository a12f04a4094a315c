package dev.sol.runtime.bench;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What others do on the machine. Decoding threads spin while they wait for each other after each operation, so that one busy
 * processor slows a decode many times.
 *
 * <p>Where the system does not say what processors do, all is taken to be quiet.
 */
final class Load {
    private final List<ProcessHandle> own;

    /** @param own processes whose work is not that of others, beside this one */
    Load(List<ProcessHandle> own) {
        this.own = own;
    }

    /**
     * Sleeps and watches.
     *
     * @return processors that were busy on average, 0 if that is unknown. This process and its children must not work meanwhile
     */
    double watch(Duration time) throws InterruptedException {
        Optional<ProcessorTimes> before = ProcessorTimes.now();
        Thread.sleep(time);
        Optional<ProcessorTimes> after = ProcessorTimes.now();
        return before.isPresent() && after.isPresent() ? after.get().busySince(before.get()) : 0;
    }

    /** Whether the system says what processors do. */
    static boolean isKnown() {
        return ProcessorTimes.now().isPresent();
    }

    /** Begins to watch while this process and its children work. */
    Watch start() {
        return new Watch(ProcessorTimes.now(), System.nanoTime(), ownTime());
    }

    private Duration ownTime() {
        Duration sum = time(ProcessHandle.current());
        for (ProcessHandle process : own) {
            sum = sum.plus(time(process));
        }
        return sum;
    }

    private static Duration time(ProcessHandle process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** A time that is watched. */
    final class Watch {
        private final Optional<ProcessorTimes> times;
        private final long nanos;
        private final Duration ownTime;

        private Watch(Optional<ProcessorTimes> times, long nanos, Duration ownTime) {
            this.times = times;
            this.nanos = nanos;
            this.ownTime = ownTime;
        }

        /** Processors that others have kept busy on average since the start. */
        double others() {
            Optional<ProcessorTimes> now = ProcessorTimes.now();
            double seconds = (System.nanoTime() - nanos) / 1e9;
            if (times.isEmpty() || now.isEmpty() || seconds <= 0) {
                return 0;
            }
            double busy = now.get().busySince(times.get());
            return Load.others(busy, ownTime().minus(ownTime).toNanos() / 1e9, seconds);
        }
    }

    /**
     * @param busy processors that were busy
     * @param own seconds that own processes have run, on all processors together
     * @param seconds that have passed
     */
    static double others(double busy, double own, double seconds) {
        return Math.max(0, busy - own / seconds);
    }
}
