/** What the trainer's commands share: progress on a terminal, how settings differ, files that are written whole. */
@NullMarked
package dev.sol.trainer.cli;

import org.jspecify.annotations.NullMarked;
