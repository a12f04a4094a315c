@NullMarked
package dev.sol.runtime.bench;

import org.jspecify.annotations.NullMarked;
