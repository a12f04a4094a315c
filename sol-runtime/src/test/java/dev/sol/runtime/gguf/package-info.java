@NullMarked
package dev.sol.runtime.gguf;

import org.jspecify.annotations.NullMarked;
