package dev.sol.policy.learned;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyFileTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    private Path folder;

    private static PolicyFile.Header header(ActionGrid grid) {
        return new PolicyFile.Header(
                PolicyFile.Targets.of(grid),
                List.of(new Budget(.5, .6, 8), new Budget(.9, 1, 16)),
                new PolicyFile.Model("llama", "ab".repeat(32), "Tiny \"quoted\" ü"),
                Map.of("seed", 7, "preset", "small", "corpora", List.of("a", "b")));
    }

    static Stream<PolicySpec> specs() {
        return Stream.of(
                Networks.spec(Grids.PAPER_2L),
                new PolicySpec(3, 4, 1, 5, 2, true, .07, Grids.PAPER_FULL),
                new PolicySpec(3, 4, 1, 5, 2, false, 1e-3, ActionGrid.defaultGrid()));
    }

    private static PolicyFile policy(PolicySpec spec) {
        return new PolicyFile(Networks.trained(spec, 1), header(spec.grid()));
    }

    private Path written(PolicyFile policy) throws IOException {
        Path file = folder.resolve("p.safetensors");
        policy.write(file);
        return file;
    }

    @ParameterizedTest
    @MethodSource("specs")
    void readsWhatItWrote(PolicySpec spec) throws IOException {
        PolicyFile policy = policy(spec);
        Path file = written(policy);
        assertThat(PolicyFile.read(file)).isEqualTo(policy);
        byte[] bytes = Files.readAllBytes(file);
        PolicyFile.read(file).write(file);
        assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    /** Read here by the format's own description. */
    @Test
    void isASafetensorsFile() throws IOException {
        PolicySpec spec = Networks.spec(ActionGrid.defaultGrid());
        PolicyFile policy = policy(spec);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(written(policy))).order(ByteOrder.LITTLE_ENDIAN);
        byte[] header = new byte[(int) bytes.getLong()];
        bytes.get(header);
        assertThat(bytes.position() % 8).isZero();
        ByteBuffer data = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        ObjectNode json = (ObjectNode) JSON.readTree(header);
        spec.shapes().forEach((name, shape) -> {
            assertThat(json.at("/" + name + "/dtype").asText()).isEqualTo("F32");
            assertThat(json.at("/" + name + "/shape")).hasSize(shape.length);
            int begin = json.at("/" + name + "/data_offsets/0").asInt();
            float[] values = policy.weights().tensor(name);
            for (int i = 0; i < values.length; i++) {
                assertThat(data.getFloat(begin + 4 * i)).isEqualTo(values[i]);
            }
        });
        assertThat(json.at("/__metadata__/sol.format").asText()).isEqualTo("1");
        assertThat(json.at("/__metadata__/sol.observation").asText())
                .isEqualTo("[\"hidden\",\"embedding\",\"action\",\"scalars\"]");
        assertThat(json.at("/__metadata__/sol.network").asText())
                .isEqualTo(
                        "{\"action_embedding\":4,\"embedding\":12,\"heads\":2,\"horizon\":8,\"joint\":false,\"width\":16}");
    }

    @Test
    void refusesEveryTruncation() throws IOException {
        Path file = written(policy(Networks.spec(Grids.PAPER_2L)));
        byte[] bytes = Files.readAllBytes(file);
        int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        for (int length : new int[] {
            0,
            1,
            7,
            8,
            9,
            100,
            8 + header - 1,
            8 + header,
            8 + header + 1,
            8 + header + 64,
            bytes.length / 2,
            bytes.length - 4,
            bytes.length - 1
        }) {
            Files.write(file, Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> PolicyFile.read(file))
                    .as("%d of %d bytes", length, bytes.length)
                    .isInstanceOf(PolicyFileException.class)
                    .hasMessageContaining(file.toString())
                    .hasMessageContaining("is truncated");
        }
    }

    @Test
    void refusesWhatIsBehindTheEnd() throws IOException {
        Path file = written(policy(Networks.spec(Grids.PAPER_2L)));
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length + 4));
        refuses(file, "is damaged");
    }

    @Test
    void refusesOtherFiles() throws IOException {
        Path file = folder.resolve("x.safetensors");
        refuses(file, "there is no policy file");
        Files.writeString(file, "GGUF, or something else of which there is enough to read a length");
        refuses(file, "is not a safetensors file");
        Files.write(file, raw("{\"a\":1"));
        refuses(file, "is not JSON");
        Files.write(file, raw("{\"a\":{\"dtype\":\"F32\"}}"));
        refuses(file, "has no data_offsets");
        Files.write(file, raw("{\"a\":{\"dtype\":\"F16\",\"shape\":[0],\"data_offsets\":[0,0]}}"));
        refuses(file, "F16");
        Files.write(file, raw("{\"a\":{\"dtype\":\"F32\",\"shape\":[99999,99999,99999],\"data_offsets\":[0,0]}}"));
        refuses(file, "is damaged");
        Files.write(file, raw("{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[9,9]}}"));
        refuses(file, "is truncated");
        Files.write(file, raw("{\"__metadata__\":{\"format\":\"pt\"}}"));
        refuses(file, "but not a policy");
    }

    private static byte[] raw(String header) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + json.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .array();
    }

    @ParameterizedTest
    @ValueSource(strings = {"2", "17"})
    void refusesNewerVersions(String version) throws IOException {
        refuses(edited(metadata -> metadata.put("sol.format", version)), "has format " + version, "use a newer SOL");
    }

    @Test
    void leavesUnknownMetadataAlone() throws IOException {
        Path file = edited(metadata -> {
            metadata.put("sol.future", "{}");
            metadata.put("format", "pt");
        });
        assertThat(PolicyFile.read(file)).isEqualTo(policy(Networks.spec(Grids.PAPER_2L)));
    }

    @Test
    void provenanceIsFree() throws IOException {
        PolicyFile read = PolicyFile.read(
                edited(metadata -> metadata.put("sol.provenance", "{\"a\":null,\"b\":{\"c\":[1,2.5]}}")));
        assertThat(read.header().provenance()).containsEntry("a", null).hasSize(2);
        Path file = folder.resolve("again.safetensors");
        read.write(file);
        assertThat(PolicyFile.read(file)).isEqualTo(read);
    }

    @Test
    void doesNotReadModels() throws IOException {
        Path file = folder.resolve("model.gguf");
        try (RandomAccessFile model = new RandomAccessFile(file.toFile(), "rw")) {
            model.setLength(5L << 30); // sparse
        }
        refuses(file, "is too large for a policy");
    }

    @Test
    void provenanceAndSplitMayBeMissing() throws IOException {
        PolicyFile read = PolicyFile.read(edited(metadata -> {
            metadata.remove("sol.split");
            metadata.remove("sol.provenance");
        }));
        assertThat(read.header().split()).isEmpty();
        assertThat(read.header().provenance()).isEmpty();
    }

    @Test
    void refusesMetadataThatCannotBe() throws IOException {
        refusesMetadata("sol.format", "one", "sol.format");
        refusesMetadata("sol.grid", "{\"attn\":[1,.1],\"mlp\":[1],\"bits\":[16]}", "sol.grid");
        refusesMetadata("sol.grid", "{\"attn\":[1,0.1],\"mlp\":[1],\"bits\":[16]}", "attn grid values must ascend");
        refusesMetadata("sol.grid", "{\"attn\":[0.1,1],\"mlp\":[1],\"bits\":[15.5]}", "whole");
        refusesMetadata("sol.grid", "{\"attn\":[0.1,1],\"mlp\":[1]}", "bits has no grid values");
        refusesMetadata("sol.observation", "[\"hidden\",\"smell\"]", "sol.observation");
        refusesMetadata("sol.network", "{\"embedding\":12}", "width");
        refusesMetadata("sol.prior", "{}", "sol.prior");
        refusesMetadata("sol.targets", "{\"attn\":[0.1]}", "sol.targets");
        refusesMetadata("sol.split", "[[0.9,0.5,0.6,8]]", "sol.split");
        refusesMetadata("sol.split", "[[0.9666666666,0.9,1,16],[0.5333333333,0.5,0.6,8]]", "must ascend");
        refusesMetadata("sol.model", "{}", "sol.model");
        for (String provenance : List.of("[", "[]", "null", "")) {
            refusesMetadata("sol.provenance", provenance, "sol.provenance");
        }
        for (String key :
                List.of("sol.grid", "sol.observation", "sol.network", "sol.prior", "sol.targets", "sol.model")) {
            refuses(edited(metadata -> metadata.remove(key)), key);
        }
    }

    private void refusesMetadata(String key, String value, String message) throws IOException {
        refuses(edited(metadata -> metadata.put(key, value)), message);
    }

    @Test
    void refusesWrongShapes() throws IOException {
        PolicySpec spec = Networks.spec(Grids.PAPER_2L);
        refuses(
                changed(tensors -> tensors.put("head.bias", new Safetensors.Tensor(new int[] {7}, new float[7]))),
                "tensor head.bias must have the shape [8], but has [7]");
        // As many values, but transposed.
        float[] head = new float[8 * spec.width()];
        refuses(
                changed(tensors ->
                        tensors.put("head.weight", new Safetensors.Tensor(new int[] {spec.width(), 8}, head))),
                "tensor head.weight must have the shape [8, 16], but has [16, 8]");
        refuses(changed(tensors -> tensors.remove("mlp.up.bias")), "tensor mlp.up.bias is missing");
        refuses(
                changed(tensors -> tensors.put("extra", new Safetensors.Tensor(new int[] {1}, new float[1]))),
                "unknown tensor extra");
        refuses(
                edited(metadata -> metadata.compute(
                        "sol.network", (key, value) -> String.valueOf(value).replace("16", "32"))),
                "must have the shape");
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void refusesWeightsThatAreNotFinite(float value) throws IOException {
        refuses(
                changed(tensors ->
                        tensors.put("mlp.norm.bias", new Safetensors.Tensor(new int[] {16}, filled(16, value)))),
                "tensor mlp.norm.bias is not finite");
    }

    private static float[] filled(int length, float value) {
        float[] values = new float[length];
        Arrays.fill(values, 1);
        values[length - 1] = value;
        return values;
    }

    @Test
    void refusesOtherModels() {
        PolicyFile.Header header = header(Grids.PAPER_2L);
        assertThatCode(() -> header.requireModel("llama", "ab".repeat(32))).doesNotThrowAnyException();
        assertThatThrownBy(() -> header.requireModel("llama", "cd".repeat(32)))
                .isInstanceOf(PolicyFileException.class)
                .hasMessageContaining("trained for another model: for Tiny")
                .hasMessageContaining("abababababab…")
                .hasMessageContaining("cdcdcdcdcdcd…")
                .hasMessageContaining("./sol train --model");
        assertThatThrownBy(() -> header.requireModel("qwen2", "ab".repeat(32))).hasMessageContaining("qwen2");
    }

    @Test
    void aFailedWriteLeavesTheOldFile() throws IOException {
        PolicyFile policy = policy(Networks.spec(Grids.PAPER_2L));
        Path file = written(policy);
        // A folder in the place of the temporary file.
        Files.createDirectories(folder.resolve(".p.safetensors.tmp/in the way"));
        PolicyFile other = new PolicyFile(Networks.trained(policy.weights().spec(), 2), policy.header());
        assertThatThrownBy(() -> other.write(file)).isInstanceOf(IOException.class);
        assertThat(PolicyFile.read(file)).isEqualTo(policy);
    }

    @Test
    void whatACrashLeftBehindIsNoHindrance() throws IOException {
        Files.writeString(
                folder.resolve(".p.safetensors.tmp"), "half a policy, and longer than what follows".repeat(10_000));
        PolicyFile policy = policy(Networks.spec(Grids.PAPER_2L));
        assertThat(PolicyFile.read(written(policy))).isEqualTo(policy);
    }

    /** A file with other metadata. */
    private Path edited(Consumer<SortedMap<String, String>> change) throws IOException {
        return rewritten(change, tensors -> {});
    }

    /** A file with other tensors. */
    private Path changed(Consumer<SortedMap<String, Safetensors.Tensor>> change) throws IOException {
        return rewritten(metadata -> {}, change);
    }

    private Path rewritten(
            Consumer<SortedMap<String, String>> metadata, Consumer<SortedMap<String, Safetensors.Tensor>> tensors)
            throws IOException {
        PolicyFile policy = policy(Networks.spec(Grids.PAPER_2L));
        SortedMap<String, String> strings = new PolicyMetadata(policy.weights().spec(), policy.header()).encode();
        SortedMap<String, Safetensors.Tensor> values = new TreeMap<>();
        policy.weights()
                .spec()
                .shapes()
                .forEach((name, shape) -> values.put(
                        name, new Safetensors.Tensor(shape, policy.weights().tensor(name))));
        metadata.accept(strings);
        tensors.accept(values);
        Path file = folder.resolve("edited.safetensors");
        Files.write(file, new Safetensors(strings, values).encode());
        return file;
    }

    private static void refuses(Path file, String... parts) {
        assertThatThrownBy(() -> PolicyFile.read(file))
                .isInstanceOf(PolicyFileException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContainingAll(parts);
    }
}
