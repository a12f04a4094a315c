/**
 * GGUF files, version 3 and little-endian, as ggml reads and writes them ({@code ggml/src/gguf.cpp}): {@link
 * dev.sol.runtime.gguf.GgufFile} reads, {@link dev.sol.runtime.gguf.GgufWriter} writes, both in Java alone.
 * {@link dev.sol.runtime.gguf.Quantisation} is llama.cpp's.
 */
@NullMarked
package dev.sol.runtime.gguf;

import org.jspecify.annotations.NullMarked;
