/** What the trainer's commands share: progress on a terminal, Ctrl-C, files that are written whole. */
@NullMarked
package dev.sol.trainer.cli;

import org.jspecify.annotations.NullMarked;
