package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Sequences that are moved, saved and loaded. */
@Tag("native")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NativeSequenceStateTest {
    private static final int CELLS = 256;

    private Path folder = Path.of("");
    private Path file;
    private ModelHandle model;
    private ContextHandle context;
    private BatchBuffer batch;

    @BeforeAll
    void loadModel(@TempDir Path fresh) throws IOException {
        folder = fresh;
        file = folder.resolve("tiny.gguf");
        TinyModel.write(file);
        model = Sol.loadModel(file, new ModelParams(0, false, false));
    }

    @AfterAll
    void freeModel() {
        Sol.freeModel(model);
    }

    @BeforeEach
    void createContext() {
        context = Sol.createContext(model, TestContexts.params(CELLS, 2, 8));
        batch = new BatchBuffer(CELLS);
    }

    @AfterEach
    void freeContext() {
        batch.close();
        Sol.freeContext(context);
    }

    /** Adds {@code n} tokens to a sequence from position 0. */
    private void fill(ContextHandle target, int sequence, int n) {
        batch.clear();
        for (int i = 0; i < n; i++) {
            batch.add('a' + i * 7 % 26, i, sequence, i == n - 1);
        }
        Sol.decode(target, batch);
    }

    /** The logits after one more token. */
    private float[] next(ContextHandle target, int sequence, int position) {
        batch.clear();
        batch.add('x', position, sequence, true);
        Sol.decode(target, batch);
        float[] logits = new float[target.vocabularySize()];
        Sol.copyLogits(target, 0, logits);
        return logits;
    }

    private static void assertClose(float[] actual, float[] expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], offset(2e-2f)); // keys of F16
        }
    }

    // ---- Moving

    @Test
    void aSequenceThatIsMovedAsAWholeMeansTheSame() {
        fill(context, 0, 30);
        float[] expected = next(context, 0, 30);
        Sol.removeSequence(context, 0, 30, -1);

        Sol.shiftSequence(context, 0, -1, -1, 50);
        assertThat(Sol.maxPosition(context, 0)).isEqualTo(79);
        float[] moved = next(context, 0, 80);
        assertClose(moved, expected);

        Sol.removeSequence(context, 0, 80, -1);
        Sol.shiftSequence(context, 0, 0, 80, -50);
        assertThat(Sol.maxPosition(context, 0)).isEqualTo(29);
        assertClose(next(context, 0, 30), expected);
    }

    @Test
    void aGapCanBeClosed() {
        fill(context, 0, 30);
        Sol.removeSequence(context, 0, 10, 20);
        float[] withGap = next(context, 0, 30);
        Sol.removeSequence(context, 0, 30, -1);

        Sol.shiftSequence(context, 0, 20, -1, -10);
        assertThat(Sol.maxPosition(context, 0)).isEqualTo(19);
        assertThat(next(context, 0, 20)).isNotEqualTo(withGap);
    }

    @Test
    void whatCannotBeMovedIsRefusedAndStays() {
        fill(context, 0, 30);
        assertThatThrownBy(() -> Sol.shiftSequence(context, 0, 20, -1, -5))
                .isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> Sol.shiftSequence(context, 0, 0, -1, -1)).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> Sol.shiftSequence(context, 9, 0, -1, 1)).isInstanceOf(InvalidArgumentException.class);
        Sol.copySequence(context, 0, 1, 0, 10);
        assertThatThrownBy(() -> Sol.shiftSequence(context, 0, 5, -1, 100))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("shared");
        assertThat(Sol.maxPosition(context, 0)).isEqualTo(29);
        assertThat(Sol.maxPosition(context, 1)).isEqualTo(9);
    }

    // ---- Saving

    @Test
    void aSavedSequenceGoesOnWhereItWas() {
        fill(context, 0, 40);
        byte[] state = Sol.saveSequence(context, 0);
        float[] expected = next(context, 0, 40);

        Sol.loadSequence(context, 1, state); // beside it
        assertThat(Sol.maxPosition(context, 1)).isEqualTo(39);
        assertClose(next(context, 1, 40), expected);

        Sol.loadSequence(context, 0, state); // in its own place
        assertThat(Sol.maxPosition(context, 0)).isEqualTo(39);
        assertClose(next(context, 0, 40), expected);

        ContextHandle other = Sol.createContext(model, TestContexts.params(CELLS, 1, 8));
        try {
            Sol.loadSequence(other, 0, state);
            assertThat(next(other, 0, 40)).isEqualTo(expected);
        } finally {
            Sol.freeContext(other);
        }
    }

    @Test
    void aMovedSequenceIsSavedAsItIs() {
        fill(context, 0, 30);
        float[] expected = next(context, 0, 30);
        Sol.removeSequence(context, 0, 30, -1);
        Sol.shiftSequence(context, 0, -1, -1, 20);
        byte[] state = Sol.saveSequence(context, 0); // before a decode has rotated its keys
        Sol.loadSequence(context, 1, state);
        assertThat(Sol.maxPosition(context, 1)).isEqualTo(49);
        assertClose(next(context, 1, 50), expected);
    }

    @Test
    void bytesThatAreNoStateChangeNothing() {
        fill(context, 0, 20);
        byte[] state = Sol.saveSequence(context, 0);
        byte[] damaged = state.clone();
        damaged[state.length / 2] ^= 1;
        byte[] garbage = new byte[state.length];
        Arrays.fill(garbage, (byte) 0x5a);

        for (byte[] wrong :
                List.of(new byte[0], new byte[7], garbage, damaged, Arrays.copyOf(state, state.length - 1))) {
            assertThatThrownBy(() -> Sol.loadSequence(context, 0, wrong))
                    .as("%d bytes", wrong.length)
                    .isInstanceOf(InvalidArgumentException.class);
            assertThat(Sol.maxPosition(context, 0)).isEqualTo(19);
        }
        assertThatThrownBy(() -> Sol.loadSequence(context, 2, state)).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> Sol.saveSequence(context, 2)).isInstanceOf(InvalidArgumentException.class);
    }

    @Test
    void aStateOfAnotherModelIsRefused() {
        Path quantised = folder.resolve("tiny-q8_0.gguf");
        Sol.quantize(file, quantised, FileType.Q8_0, 1);
        fill(context, 0, 20);
        byte[] state = Sol.saveSequence(context, 0);
        ModelHandle foreign = Sol.loadModel(quantised, new ModelParams(0, false, false));
        ContextHandle itsContext = Sol.createContext(foreign, TestContexts.params(CELLS, 1, 8));
        try {
            assertThatThrownBy(() -> Sol.loadSequence(itsContext, 0, state))
                    .isInstanceOf(InvalidArgumentException.class)
                    .hasMessageContaining("another model");
            assertThat(Sol.maxPosition(itsContext, 0)).isEqualTo(-1);
        } finally {
            Sol.freeContext(itsContext);
            Sol.freeModel(foreign);
        }
    }

    @Test
    void aStateThatFindsNoRoomLeavesTheSequenceEmpty() {
        fill(context, 0, 150);
        byte[] state = Sol.saveSequence(context, 0);
        fill(context, 1, 20);

        assertThatThrownBy(() -> Sol.loadSequence(context, 1, state)).isInstanceOf(KvCacheFullException.class);
        assertThat(Sol.maxPosition(context, 1)).isEqualTo(-1);
        assertThat(Sol.maxPosition(context, 0)).isEqualTo(149);
    }
}
