@NullMarked
package dev.sol.runtime.openai;

import org.jspecify.annotations.NullMarked;
