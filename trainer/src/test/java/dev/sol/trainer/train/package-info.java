@NullMarked
package dev.sol.trainer.train;

import org.jspecify.annotations.NullMarked;
