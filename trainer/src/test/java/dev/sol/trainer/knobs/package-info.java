@NullMarked
package dev.sol.trainer.knobs;

import org.jspecify.annotations.NullMarked;
