@NullMarked
package dev.sol.runtime.engine;

import org.jspecify.annotations.NullMarked;
