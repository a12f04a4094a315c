package dev.sol.runtime.bench;

import java.time.Duration;
import java.util.Locale;

/** Sees to it that nothing else runs on the machine while it is measured. */
interface Quiet {
    /** Waits until the machine is quiet. Whoever takes turns must sleep. */
    void await() throws InterruptedException;

    /** Runs a round. Returns how many processors others kept busy meanwhile. */
    double watch(Runnable round);

    /** Whether a round with so much load of others counts. */
    boolean accepts(double others);

    /** By what the system says of its processors. */
    final class OfMachine implements Quiet {
        /** Processors that others may keep busy while we sleep. */
        static final double LIMIT = .15;

        /** The same while we work, which is known less well: time is counted in ticks. */
        static final double ROUND_LIMIT = .25;

        private static final Duration FIRST_LOOK = Duration.ofSeconds(1);
        private static final Duration LOOK = Duration.ofMillis(250);
        private static final int LOOKS = 40;

        private final Load load;
        private final boolean force;

        /** @param force whether to measure on a busy machine, too */
        OfMachine(Load load, boolean force) {
            this.load = load;
            this.force = force;
        }

        /**
         * Before anything is loaded.
         *
         * @return busy processors
         * @throws BenchException if the machine is busy, unless forced
         */
        double first() throws InterruptedException {
            double busy = load.watch(FIRST_LOOK);
            if (busy > LIMIT && !force) {
                throw busy(busy);
            }
            return busy;
        }

        @Override
        public void await() throws InterruptedException {
            double busy = load.watch(LOOK);
            for (int looks = 1; busy > LIMIT && !force; looks++) {
                if (looks == LOOKS) {
                    throw busy(busy);
                }
                busy = load.watch(LOOK);
            }
        }

        @Override
        public double watch(Runnable round) {
            Load.Watch watch = load.start();
            round.run();
            return watch.others();
        }

        @Override
        public boolean accepts(double others) {
            return force || others <= ROUND_LIMIT;
        }

        private static BenchException busy(double processors) {
            return new BenchException(String.format(
                    Locale.ROOT,
                    "the machine is busy: other programs use %.2f processors, and a decode that shares one with them is"
                            + " slowed many times. End them, or measure anyway with --force",
                    processors));
        }
    }
}
