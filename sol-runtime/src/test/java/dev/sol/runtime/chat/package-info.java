@NullMarked
package dev.sol.runtime.chat;

import org.jspecify.annotations.NullMarked;
