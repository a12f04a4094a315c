@NullMarked
package dev.sol.bindings;

import org.jspecify.annotations.NullMarked;
