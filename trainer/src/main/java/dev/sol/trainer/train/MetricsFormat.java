package dev.sol.trainer.train;

import dev.sol.trainer.grpo.UpdateMetrics;

/** How metrics are written to a file that grows by the update. Equal metrics give equal bytes. */
interface MetricsFormat {
    /** What the file begins with. */
    byte[] header();

    /** What an update adds. */
    byte[] row(UpdateMetrics metrics);
}
