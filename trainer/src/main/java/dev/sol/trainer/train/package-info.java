/** {@code sol train}: a policy for a model, from texts; its configuration, checkpoints and metrics. */
@NullMarked
package dev.sol.trainer.train;

import org.jspecify.annotations.NullMarked;
