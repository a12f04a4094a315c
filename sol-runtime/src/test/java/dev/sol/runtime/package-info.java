@NullMarked
package dev.sol.runtime;

import org.jspecify.annotations.NullMarked;
