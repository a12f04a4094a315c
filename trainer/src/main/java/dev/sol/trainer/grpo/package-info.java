/** Group relative policy optimisation: what a schedule's steps are worth, and how the policy changes to make more like the good ones. */
@NullMarked
package dev.sol.trainer.grpo;

import org.jspecify.annotations.NullMarked;
