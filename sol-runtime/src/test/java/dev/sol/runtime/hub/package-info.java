@NullMarked
package dev.sol.runtime.hub;

import org.jspecify.annotations.NullMarked;
