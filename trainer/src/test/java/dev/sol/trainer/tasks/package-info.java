@NullMarked
package dev.sol.trainer.tasks;

import org.jspecify.annotations.NullMarked;
