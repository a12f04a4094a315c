@NullMarked
package dev.sol.runtime.cli;

import org.jspecify.annotations.NullMarked;
