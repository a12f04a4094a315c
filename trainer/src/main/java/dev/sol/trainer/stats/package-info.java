/** Statistics of measurements: how sure is a difference? */
@NullMarked
package dev.sol.trainer.stats;

import org.jspecify.annotations.NullMarked;
