package dev.sol.runtime.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TensorTypeTest {
    /** type | id | elements | bytes, from ggml's type_traits and ggml-common.h */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            F32  |  0 |  256 | 1024
            F16  |  1 |  256 |  512
            Q4_0 |  2 |  256 |  144
            Q8_0 |  8 |  256 |  272
            Q4_K | 12 | 4096 | 2304
            Q6_K | 14 | 4096 | 3360
            BF16 | 30 |    3 |    6
            """)
    void sizes(TensorType type, int id, long elements, long bytes) {
        assertThat(type.id()).isEqualTo(id);
        assertThat(TensorType.of(id)).contains(type);
        assertThat(type.bytes(elements)).isEqualTo(bytes);
        assertThat(TensorType.named(type.name().toLowerCase(Locale.ROOT))).contains(type);
    }

    @Test
    void idsAreUnique() {
        assertThat(Arrays.stream(TensorType.values()).map(TensorType::id)).doesNotHaveDuplicates();
        assertThat(TensorType.of(4)).as("Q4_2 was removed").isEmpty();
        assertThat(TensorType.of(-1)).isEmpty();
        assertThat(TensorType.named("q4_2")).isEmpty();
    }

    @Test
    void rowsHaveWholeBlocks() {
        assertThatThrownBy(() -> TensorType.Q8_0.bytes(33))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("33 elements are no whole blocks of 32");
        assertThatThrownBy(() -> TensorType.F64.bytes(Long.MAX_VALUE / 2)).isInstanceOf(ArithmeticException.class);
    }

    @Test
    void tensorArithmetic() {
        GgufTensor tensor = GgufTensor.of("a", TensorType.Q4_K, 512, 3, 2);
        assertThat(tensor.rowElements()).isEqualTo(512);
        assertThat(tensor.rowBytes()).isEqualTo(288);
        assertThat(tensor.rows()).isEqualTo(6);
        assertThat(tensor.elements()).isEqualTo(3072);
        assertThat(tensor.bytes()).isEqualTo(1728);
    }

    @Test
    void tensorsThatGgmlRefuses() {
        assertThatThrownBy(() -> GgufTensor.of("a", TensorType.Q8_0, 48)).hasMessageContaining("rows of 48 elements");
        assertThatThrownBy(() -> GgufTensor.of("a", TensorType.F32)).hasMessageContaining("0 dimensions");
        assertThatThrownBy(() -> GgufTensor.of("a", TensorType.F32, 1, 1, 1, 1, 1))
                .hasMessageContaining("5 dimensions");
        assertThatThrownBy(() -> GgufTensor.of("a", TensorType.F32, -1)).hasMessageContaining("negative");
        assertThatThrownBy(() -> GgufTensor.of("a", TensorType.F32, 1L << 40, 1L << 40))
                .hasMessageContaining("too many elements");
        assertThatThrownBy(() -> GgufTensor.of("a".repeat(64), TensorType.F32, 1))
                .hasMessageContaining("more than 63 bytes");
    }
}
