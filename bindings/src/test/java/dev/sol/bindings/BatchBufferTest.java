package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.bindings.gen.SolNative;
import dev.sol.bindings.gen.sol_batch;
import dev.sol.bindings.gen.sol_knobs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class BatchBufferTest {

    /** What native code sees at a pointer of the struct. */
    private static MemorySegment array(MemorySegment pointer, long bytes) {
        return pointer.asSlice(0, bytes);
    }

    @Test
    void nativeCodeSeesWhatWasAdded() {
        try (BatchBuffer batch = new BatchBuffer(4)) {
            assertThat(batch.add(11, 7, 0, false)).isEqualTo(0);
            assertThat(batch.add(-22, 8, 3, true, 0.25f, 0.5f, 6)).isEqualTo(1);

            MemorySegment struct = batch.struct();
            assertThat(sol_batch.n_tokens(struct)).isEqualTo(2);
            assertThat(array(sol_batch.token(struct), 8).toArray(ValueLayout.JAVA_INT))
                    .containsExactly(11, -22);
            assertThat(array(sol_batch.pos(struct), 8).toArray(ValueLayout.JAVA_INT))
                    .containsExactly(7, 8);
            assertThat(array(sol_batch.seq_id(struct), 8).toArray(ValueLayout.JAVA_INT))
                    .containsExactly(0, 3);
            assertThat(array(sol_batch.output(struct), 2).toArray(ValueLayout.JAVA_BYTE))
                    .containsExactly(0, 1);
            MemorySegment dense = sol_knobs.asSlice(sol_batch.knobs(struct), 0);
            assertThat(sol_knobs.attn_keep(dense)).isEqualTo(1);
            assertThat(sol_knobs.mlp_keep(dense)).isEqualTo(1);
            assertThat(sol_knobs.act_bits(dense)).isEqualTo(16);
            MemorySegment pruned = sol_knobs.asSlice(sol_batch.knobs(struct), 1);
            assertThat(sol_knobs.attn_keep(pruned)).isEqualTo(0.25f);
            assertThat(sol_knobs.mlp_keep(pruned)).isEqualTo(0.5f);
            assertThat(sol_knobs.act_bits(pruned)).isEqualTo(6);
        }
    }

    @Test
    void aBatchWithoutKnobsHasNoKnobsPointer() {
        try (BatchBuffer batch = new BatchBuffer(2)) {
            batch.add(1, 0, 0, true);
            assertThat(batch.hasKnobs()).isFalse();
            assertThat(sol_batch.knobs(batch.struct()).address()).isZero();

            batch.add(2, 1, 0, true, 1, 1, 16); // dense, but said so: the caller wants the usage
            assertThat(batch.hasKnobs()).isTrue();
            assertThat(sol_batch.knobs(batch.struct()).address()).isNotZero();

            batch.clear();
            batch.add(3, 2, 0, true);
            assertThat(sol_batch.knobs(batch.struct()).address()).isZero();
        }
    }

    @Test
    void clearingMakesRoomAgain() {
        try (BatchBuffer batch = new BatchBuffer(1)) {
            batch.add(1, 0, 0, false, 0.5f, 0.5f, 4);
            assertThatThrownBy(() -> batch.add(2, 1, 0, true))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessageContaining("full");
            assertThat(batch.size()).isEqualTo(1);

            batch.clear();
            assertThat(batch.size()).isZero();
            batch.add(2, 1, 0, true);
            assertThat(batch.struct().get(SolNative.C_INT, sol_batch.n_tokens$offset()))
                    .isEqualTo(1);
            assertThat(sol_batch.token(batch.struct()).get(ValueLayout.JAVA_INT, 0))
                    .isEqualTo(2);
        }
    }

    @Test
    void closingTwiceIsHarmlessAndUseAfterwardsIsRefused() {
        BatchBuffer batch = new BatchBuffer(1);
        batch.close();
        batch.close();

        assertThatThrownBy(() -> batch.add(1, 0, 0, true)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(batch::struct).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aCapacityBelowOneIsRefused() {
        assertThatThrownBy(() -> new BatchBuffer(0))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("0");
    }
}
