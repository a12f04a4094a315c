/**
 * Models from a hub: {@code hf:owner/repo[:quant]}. {@link dev.sol.runtime.hub.Hub} finds the file, downloads what is missing,
 * checks its hash and keeps it in the user's cache.
 */
@NullMarked
package dev.sol.runtime.hub;

import org.jspecify.annotations.NullMarked;
