/** Texts: documents read from files, and windows of tokens cut from them. */
@NullMarked
package dev.sol.trainer.corpus;

import org.jspecify.annotations.NullMarked;
