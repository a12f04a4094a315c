package dev.sol.bindings;

import dev.sol.bindings.gen.sol_mlp_record;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What chose the neurons of a layer's gated MLP: {@code struct sol_mlp_record}. The segments are read-only views of the context's
 * memory, row by row, valid until its next decode and unchecked after that.
 *
 * @param tokens tokens of the last batch
 * @param embeddingLength floats in a row of {@code input}
 * @param neurons floats in a row of {@code gate}
 * @param input {@code [tokens][embeddingLength]} floats: what the MLP gets
 * @param gate {@code [tokens][neurons]} floats: the gates before the activation function
 * @param norms {@code [neurons]} floats: ‖up‖₂·‖down‖₂
 */
public record MlpRecord(
        int tokens, int embeddingLength, int neurons, MemorySegment input, MemorySegment gate, MemorySegment norms) {

    static MlpRecord read(MemorySegment struct) {
        long tokens = sol_mlp_record.n_tokens(struct);
        long embedding = sol_mlp_record.n_embd(struct);
        long neurons = sol_mlp_record.n_ff(struct);
        return new MlpRecord(
                Math.toIntExact(tokens),
                Math.toIntExact(embedding),
                Math.toIntExact(neurons),
                floats(sol_mlp_record.input(struct), tokens * embedding),
                floats(sol_mlp_record.gate(struct), tokens * neurons),
                floats(sol_mlp_record.norms(struct), neurons));
    }

    private static MemorySegment floats(MemorySegment address, long count) {
        return address.asSlice(0, count * ValueLayout.JAVA_FLOAT.byteSize()).asReadOnly();
    }
}
