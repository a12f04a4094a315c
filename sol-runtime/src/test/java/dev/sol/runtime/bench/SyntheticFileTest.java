package dev.sol.runtime.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.runtime.RequestException;
import dev.sol.runtime.gguf.GgufFile;
import dev.sol.runtime.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SyntheticFileTest {
    private static final Shape TINY = new Shape("tiny", 2, 256, 512, 4, 2, 64, 320, 512, true);

    @TempDir
    Path folder;

    /** The numbers of weights that Meta publishes. Norms are F32, whatever the type. */
    @ParameterizedTest
    @CsvSource({
        "llama-1b, f16, 1235814400, 2471763968",
        "llama-1b, q4_0, 1235814400, 763097088",
        "llama-3b, bf16, 3212749824, 6425849856",
        "llama-8b, f16, 8030261248, 16061054976"
    })
    void sizesOfKnownShapes(String shape, String type, long parameters, long bytes) {
        SyntheticFile file = SyntheticFile.model(Shape.of(shape), WeightType.of(type));
        assertThat(file.parameters()).isEqualTo(parameters);
        assertThat(file.bytes()).isEqualTo(bytes);
    }

    @Test
    void theTypeOfTheOutputIsThatOfLlamaQuantize() {
        Shape tied = Shape.of("llama-1b");
        assertThat(type(SyntheticFile.model(tied, WeightType.Q4_0), "token_embd.weight"))
                .contains(TensorType.Q6_K);
        assertThat(type(SyntheticFile.model(tied, WeightType.Q8_0), "token_embd.weight"))
                .contains(TensorType.Q8_0);
        assertThat(type(SyntheticFile.model(tied, WeightType.Q4_K), "output.weight"))
                .isEmpty();

        SyntheticFile untied = SyntheticFile.model(Shape.of("llama-8b"), WeightType.Q4_K);
        assertThat(type(untied, "token_embd.weight")).contains(TensorType.Q4_K);
        assertThat(type(untied, "output.weight")).contains(TensorType.Q6_K);
    }

    private static Optional<TensorType> type(SyntheticFile file, String tensor) {
        return file.tensors().stream()
                .filter(each -> each.name().equals(tensor))
                .map(each -> each.type())
                .findFirst();
    }

    @Test
    void isMadeOnce() throws IOException {
        SyntheticFile file = SyntheticFile.model(TINY, WeightType.Q4_0);
        Path made = file.make(folder.resolve("new"));
        assertThat(made).isEqualTo(file.in(folder.resolve("new"))).isRegularFile();
        FileTime then = FileTime.fromMillis(1000);
        Files.setLastModifiedTime(made, then);
        assertThat(file.make(folder.resolve("new"))).isEqualTo(made);
        assertThat(Files.getLastModifiedTime(made)).isEqualTo(then);

        try (GgufFile gguf = GgufFile.open(made)) {
            assertThat(gguf.tensors()).isEqualTo(file.tensors());
            assertThat(gguf.metadata("llama.feed_forward_length").orElseThrow().asLong())
                    .isEqualTo(512);
        }
        assertThat(Footprint.of(made, Optional.empty()))
                .isEqualTo(new Footprint(
                        512, file.parameters(), file.bytes(), file.bytes("ffn_down"), TINY.kvElements(), 0, 0));
    }

    @Test
    void aFolderThatIsNone() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> SyntheticFile.model(TINY, WeightType.Q4_0).make(file))
                .isInstanceOf(BenchException.class)
                .hasMessageContaining("cannot write");
    }

    /** Otherwise neurons would have equal scores, and the chosen ones would lie together. */
    @ParameterizedTest
    @EnumSource(WeightType.class)
    void noTwoRowsAreEqual(WeightType type) throws IOException {
        try (GgufFile gguf = GgufFile.open(SyntheticFile.model(TINY, type).make(folder))) {
            var gate = gguf.tensor("blk.1.ffn_gate.weight").orElseThrow();
            MemorySegment data = gguf.data(gate);
            Set<List<Byte>> rows = new HashSet<>();
            for (long row = 0; row < gate.rows(); row++) {
                rows.add(bytes(data.asSlice(row * gate.rowBytes(), gate.rowBytes())));
            }
            assertThat(rows).hasSize(512);
        }
    }

    private static List<Byte> bytes(MemorySegment segment) {
        byte[] all = segment.toArray(ValueLayout.JAVA_BYTE);
        Byte[] boxed = new Byte[all.length];
        for (int i = 0; i < all.length; i++) {
            boxed[i] = all[i];
        }
        return List.of(boxed);
    }

    @Test
    void aPredictorHasARankOfAnEighth() {
        SyntheticFile predictor = SyntheticFile.predictor(Shape.of("llama-1b"));
        assertThat(predictor.tensors()).hasSize(32);
        assertThat(predictor.tensors().getFirst().shape()).containsExactly(2048L, 256L);
        assertThat(predictor.tensors().getLast().shape()).containsExactly(256L, 8192L);
    }

    @Test
    void theModelWithoutFfnsHasWholeBlocks() {
        assertThat(Subject.Synthetic.of(Shape.of("llama-1b"), WeightType.Q4_0).bareShare())
                .isEqualTo(32 / 8192.0);
        assertThat(Subject.Synthetic.of(Shape.of("llama-8b"), WeightType.Q4_K).bareShare())
                .isEqualTo(256 / 14_336.0);
    }

    @Test
    void whatItTakesOfTheMachine() {
        Subject.Synthetic files = Subject.Synthetic.of(Shape.of("llama-8b"), WeightType.F16);
        Footprint all = files.footprint(new Subject.Needs(true, true));
        Footprint few = files.footprint(new Subject.Needs(false, false));
        assertThat(few.weights()).isEqualTo(files.model().bytes());
        assertThat(all.memory(4097, 2) - few.memory(4097, 2))
                .isEqualTo(files.bare().bytes() + files.predictor().bytes());
        assertThat(few.memory(4097, 2) - few.memory(1, 2))
                .isEqualTo(3 * 4096 * 2 * Shape.of("llama-8b").kvElements());

        long needed = few.memory(4097, 2);
        assertThat(needed).isBetween(36_000_000_000L, 40_000_000_000L);
        assertThatThrownBy(() -> Footprint.check("llama-8b-f16", needed, OptionalLong.of(23L << 30)))
                .isInstanceOf(BenchException.class)
                .hasMessageContainingAll("llama-8b-f16 needs 35.", " GiB of memory", "23.0 GiB are available");
        Footprint.check("llama-8b-f16", needed, OptionalLong.of(64L << 30));
        Footprint.check("llama-8b-f16", needed, OptionalLong.empty());
    }

    @Test
    void tinyModelsGetOneThread() {
        assertThat(new Footprint(0, 9_999_999, 0, 0, 0, 0, 0).threads(8)).isEqualTo(1);
        assertThat(new Footprint(0, 10_000_000, 0, 0, 0, 0, 0).threads(8)).isEqualTo(8);
    }

    @Test
    void namesThatThereAreNot() {
        assertThatThrownBy(() -> Shape.of("llama-2b"))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("llama-1b, llama-3b, llama-8b");
        assertThatThrownBy(() -> WeightType.of("q5_0"))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("f16, bf16, q8_0, q4_0, q4_k, q6_k");
    }
}
