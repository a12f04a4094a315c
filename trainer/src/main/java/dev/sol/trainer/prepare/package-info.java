/** {@code sol prepare}: makes a model ready for skipping, offline: neurons that fire together side by side, and a gate predictor. */
@NullMarked
package dev.sol.trainer.prepare;

import org.jspecify.annotations.NullMarked;
