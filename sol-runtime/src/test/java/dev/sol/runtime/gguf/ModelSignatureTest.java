package dev.sol.runtime.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelSignatureTest {
    private static final GgufTensor NORM = GgufTensor.of("blk.0.norm", TensorType.F32, 32);
    private static final GgufTensor MATRIX = GgufTensor.of("blk.0.up", TensorType.Q8_0, 32, 3);

    @TempDir
    Path folder;

    private Path write(String name, Map<String, GgufValue> metadata, List<GgufTensor> tensors) throws IOException {
        Path file = folder.resolve(name);
        try (GgufWriter writer = GgufWriter.create(file, metadata, tensors)) {
            for (GgufTensor tensor : tensors) {
                writer.write(MemorySegment.ofArray(new byte[Math.toIntExact(tensor.bytes())]));
            }
            writer.finish();
        }
        return file;
    }

    private Path write(String name, GgufTensor... tensors) throws IOException {
        return write(name, Map.of("general.architecture", GgufValue.string("llama")), List.of(tensors));
    }

    private static Map<String, GgufValue> part(int number, int count) {
        Map<String, GgufValue> metadata = new LinkedHashMap<>();
        if (number == 0) {
            metadata.put("general.architecture", GgufValue.string("llama"));
        }
        metadata.put("split.no", GgufValue.uint32(number));
        metadata.put("split.count", GgufValue.uint32(count));
        return metadata;
    }

    @Test
    void aLineForEachTensorByName() throws Exception {
        ModelSignature signature = ModelSignature.of(write("a.gguf", MATRIX, NORM));

        byte[] expected = MessageDigest.getInstance("SHA-256")
                .digest("blk.0.norm 32\nblk.0.up 32 3\n".getBytes(StandardCharsets.UTF_8));
        assertThat(signature)
                .isEqualTo(new ModelSignature("llama", HexFormat.of().formatHex(expected)));
    }

    @Test
    void typesAndOrderHaveNoSayInItButShapesAndNamesDo() throws Exception {
        ModelSignature signature = ModelSignature.of(write("a.gguf", NORM, MATRIX));

        GgufTensor quantised = GgufTensor.of("blk.0.up", TensorType.Q4_0, 32, 3);
        assertThat(ModelSignature.of(write("b.gguf", quantised, NORM))).isEqualTo(signature);
        GgufTensor larger = GgufTensor.of("blk.0.up", TensorType.Q8_0, 32, 4);
        assertThat(ModelSignature.of(write("c.gguf", NORM, larger))).isNotEqualTo(signature);
        GgufTensor renamed = GgufTensor.of("blk.0.down", TensorType.Q8_0, 32, 3);
        assertThat(ModelSignature.of(write("d.gguf", NORM, renamed))).isNotEqualTo(signature);
        assertThat(ModelSignature.of(write("e.gguf", NORM))).isNotEqualTo(signature);
    }

    @Test
    void aModelInSeveralFilesIsTheModel() throws Exception {
        Path first = write("m-00001-of-00002.gguf", part(0, 2), List.of(MATRIX));
        Path second = write("m-00002-of-00002.gguf", part(1, 2), List.of(NORM));

        ModelSignature whole = ModelSignature.of(write("whole.gguf", NORM, MATRIX));
        assertThat(ModelSignature.of(first)).isEqualTo(whole);
        assertThat(ModelSignature.of(second)).isEqualTo(whole);
    }

    @Test
    void aFileOfSeveralThatIsMissingOrHasAnotherName() throws Exception {
        Path alone = write("m-00001-of-00002.gguf", part(0, 2), List.of(MATRIX));
        assertThatThrownBy(() -> ModelSignature.of(alone))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("m-00002-of-00002.gguf");

        Path renamed = write("part.gguf", part(0, 2), List.of(MATRIX));
        assertThatThrownBy(() -> ModelSignature.of(renamed))
                .isInstanceOf(GgufException.class)
                .hasMessageContaining("part.gguf is one of 2 files of a model")
                .hasMessageContaining("-00001-of-00002.gguf");
    }

    @Test
    void aNumberOfFilesThatIsNone() throws Exception {
        Map<String, GgufValue> metadata =
                Map.of("general.architecture", GgufValue.string("llama"), "split.count", GgufValue.string("two"));
        Path file = write("a.gguf", metadata, List.of(NORM));
        assertThatThrownBy(() -> ModelSignature.of(file))
                .isInstanceOf(GgufException.class)
                .hasMessageContaining("split.count");
    }

    @Test
    void noArchitecture() throws Exception {
        Path file = write("a.gguf", Map.of(), List.of(NORM));
        assertThatThrownBy(() -> ModelSignature.of(file))
                .isInstanceOf(GgufException.class)
                .hasMessageContaining("of which architecture");
    }
}
