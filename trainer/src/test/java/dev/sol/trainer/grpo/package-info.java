@NullMarked
package dev.sol.trainer.grpo;

import org.jspecify.annotations.NullMarked;
