@NullMarked
package dev.sol.trainer.corpus;

import org.jspecify.annotations.NullMarked;
