/**
 * The checked layer over sol.h and llama.h.
 *
 * <p>{@link dev.sol.bindings.Sol} has the functions of sol.h, {@link dev.sol.bindings.Llama} and {@link
 * dev.sol.bindings.Samplers} those of llama.h. They take typed handles and plain Java values, convert a status to a
 * {@link dev.sol.bindings.SolException}, and refuse arguments that would make native code read outside its memory or
 * abort. What they do <em>not</em> do is own anything: a handle that has been freed must not be used again, and a
 * model must outlive its contexts. The owners that enforce this are in {@code dev.sol.runtime}.
 */
@NullMarked
package dev.sol.bindings;

import org.jspecify.annotations.NullMarked;
