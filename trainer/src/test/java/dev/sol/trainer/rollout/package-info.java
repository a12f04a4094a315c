@NullMarked
package dev.sol.trainer.rollout;

import org.jspecify.annotations.NullMarked;
