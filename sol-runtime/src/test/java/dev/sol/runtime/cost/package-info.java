@NullMarked
package dev.sol.runtime.cost;

import org.jspecify.annotations.NullMarked;
