package dev.sol.runtime.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What llama.cpp wrote is read, and what is written here llama.cpp loads. */
@Tag("native")
class NativeGgufTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"F16", "Q8_0", "Q4_0"})
    void aCopyIsTheSame(String type) throws IOException {
        Path model = TinyModels.write(folder, "llama", type);
        Path copy = folder.resolve("copy.gguf");
        copy(model, copy, Map.of());
        assertThat(Files.mismatch(model, copy)).isEqualTo(-1);
    }

    @Test
    void llamaLoadsIt() throws IOException {
        Path model = TinyModels.write(folder, "llama", "F16");
        Path copy = folder.resolve("copy.gguf");
        copy(
                model,
                copy,
                Map.of(GgufFile.ALIGNMENT_KEY, GgufValue.uint32(128), "general.name", GgufValue.string("A copy")));
        try (Model before = Model.load(model, ModelOptions.DEFAULT);
                Model after = Model.load(copy, ModelOptions.DEFAULT)) {
            float[] expected = new float[before.info().embeddingLength()];
            float[] row = new float[expected.length];
            before.tokenEmbedding(97, expected);
            after.tokenEmbedding(97, row);
            assertThat(row).isEqualTo(expected);
        }
    }

    private static void copy(Path from, Path to, Map<String, GgufValue> changes) throws IOException {
        try (GgufFile in = GgufFile.open(from)) {
            Map<String, GgufValue> metadata = new LinkedHashMap<>(in.metadata());
            metadata.putAll(changes);
            try (GgufWriter out = GgufWriter.create(to, metadata, in.tensors())) {
                for (GgufTensor tensor : in.tensors()) {
                    out.write(in.data(tensor));
                }
                out.finish();
            }
        }
    }
}
