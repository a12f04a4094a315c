/**
 * {@code sol bench}: times decode steps against stock llama.cpp, the same source without our patches, in turns within one run.
 *
 * <p>{@link dev.sol.runtime.bench.BenchCommand} is the command. The rival is a process of its own ({@code
 * native-llama/bench/stock-decode.cpp}); ours is measured through {@link dev.sol.runtime.InferenceContext}, as a program that uses
 * this library would run it.
 */
@NullMarked
package dev.sol.runtime.bench;

import org.jspecify.annotations.NullMarked;
