/** What a model makes of a text. */
@NullMarked
package dev.sol.trainer.metrics;

import org.jspecify.annotations.NullMarked;
