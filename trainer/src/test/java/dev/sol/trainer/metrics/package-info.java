@NullMarked
package dev.sol.trainer.metrics;

import org.jspecify.annotations.NullMarked;
