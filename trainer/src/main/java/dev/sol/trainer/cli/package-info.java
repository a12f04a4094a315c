/** What the trainer's commands share: progress on a terminal, how settings differ, results that are kept. */
@NullMarked
package dev.sol.trainer.cli;

import org.jspecify.annotations.NullMarked;
