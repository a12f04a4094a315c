@NullMarked
package dev.sol.trainer.stats;

import org.jspecify.annotations.NullMarked;
