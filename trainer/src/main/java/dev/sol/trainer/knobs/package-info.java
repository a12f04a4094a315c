/** {@code sol knobs}: what each knob costs in perplexity, over a grid. */
@NullMarked
package dev.sol.trainer.knobs;

import org.jspecify.annotations.NullMarked;
