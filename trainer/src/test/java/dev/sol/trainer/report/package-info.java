@NullMarked
package dev.sol.trainer.report;

import org.jspecify.annotations.NullMarked;
