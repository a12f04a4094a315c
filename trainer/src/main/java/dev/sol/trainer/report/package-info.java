/** What an evaluation found, as one page. */
@NullMarked
package dev.sol.trainer.report;

import org.jspecify.annotations.NullMarked;
