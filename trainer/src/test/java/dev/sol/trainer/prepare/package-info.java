@NullMarked
package dev.sol.trainer.prepare;

import org.jspecify.annotations.NullMarked;
