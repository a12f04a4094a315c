/** The command line: {@link dev.sol.runtime.cli.GenerateCommand}, and what other commands share with it. */
@NullMarked
package dev.sol.runtime.cli;

import org.jspecify.annotations.NullMarked;
