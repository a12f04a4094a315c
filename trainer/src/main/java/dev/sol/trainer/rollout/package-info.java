/** Work items in, trajectories out: schedules of compute tried on text that is given. */
@NullMarked
package dev.sol.trainer.rollout;

import org.jspecify.annotations.NullMarked;
