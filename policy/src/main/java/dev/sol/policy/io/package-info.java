/** Files that are written whole. For the modules of this project. */
@NullMarked
package dev.sol.policy.io;

import org.jspecify.annotations.NullMarked;
