package dev.sol.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpyFileTest {
    @TempDir
    Path folder;

    /** What {@code numpy.save} writes for {@code np.array([1.5, -2], dtype='<f4')}. */
    @Test
    void theBytesAreNumPys() throws IOException {
        Path file = folder.resolve("a.npy");
        NpyFile.write(file, new float[] {1.5f, -2});

        byte[] bytes = Files.readAllBytes(file);
        assertThat(bytes).hasSize(128 + 8);
        assertThat(HexFormat.of().formatHex(bytes, 0, 10)).isEqualTo("934e554d505901007600");
        assertThat(new String(bytes, 10, 118, java.nio.charset.StandardCharsets.US_ASCII))
                .isEqualTo("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }" + " ".repeat(60) + "\n");
        assertThat(HexFormat.of().formatHex(bytes, 128, 136)).isEqualTo("0000c03f000000c0");
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        Path file = folder.resolve("b.npy");
        float[] floats = {0, -0f, Float.MIN_VALUE, 3e38f, Float.NaN};
        NpyFile.write(file, floats);
        assertThat(NpyFile.floats(file)).containsExactly(floats);
        int[] ints = {0, -1, Integer.MAX_VALUE};
        NpyFile.write(file, ints);
        assertThat(NpyFile.ints(file)).containsExactly(ints);
        NpyFile.write(file, new int[0]);
        assertThat(NpyFile.ints(file)).isEmpty();
    }

    @Test
    void anythingElseIsRefused() throws IOException {
        Path file = folder.resolve("c.npy");
        NpyFile.write(file, new int[] {1, 2, 3});
        assertThatIOException()
                .isThrownBy(() -> NpyFile.floats(file))
                .withMessageContaining("c.npy is no array of <f4");
        byte[] whole = Files.readAllBytes(file);
        for (int length : new int[] {0, 5, 60, whole.length - 1}) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatIOException().as("%d bytes", length).isThrownBy(() -> NpyFile.ints(file));
        }
    }
}
