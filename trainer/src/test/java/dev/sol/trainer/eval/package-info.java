@NullMarked
package dev.sol.trainer.eval;

import org.jspecify.annotations.NullMarked;
