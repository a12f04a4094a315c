@NullMarked
package dev.sol.trainer.cli;

import org.jspecify.annotations.NullMarked;
