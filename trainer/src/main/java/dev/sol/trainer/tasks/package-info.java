/** Tasks with known answers, by likelihood: the formats that they come in, how they are asked, and how answers are scored. */
@NullMarked
package dev.sol.trainer.tasks;

import org.jspecify.annotations.NullMarked;
