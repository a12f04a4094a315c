package dev.sol.runtime.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufFileTest {
    private static final GgufTensor NORM = GgufTensor.of("norm", TensorType.F32, 5);
    private static final GgufTensor EMPTY = GgufTensor.of("empty", TensorType.F32, 0);
    private static final GgufTensor MATRIX = GgufTensor.of("matrix", TensorType.Q8_0, 64, 3);

    @TempDir
    Path folder;

    private Path file() {
        return folder.resolve("a.gguf");
    }

    /** A value of every type. */
    private static Map<String, GgufValue> metadata() {
        Map<String, GgufValue> metadata = new LinkedHashMap<>();
        metadata.put("general.architecture", GgufValue.string("llama"));
        metadata.put("name", GgufValue.string("Größe"));
        metadata.put("u8", raw(ValueType.UINT8, 255));
        metadata.put("i8", raw(ValueType.INT8, -1));
        metadata.put("u16", raw(ValueType.UINT16, 255, 255));
        metadata.put("i16", raw(ValueType.INT16, -2, -1));
        metadata.put("u32", GgufValue.uint32(-1));
        metadata.put("i32", GgufValue.int32(-7));
        metadata.put("f32", GgufValue.float32(1.5f));
        metadata.put("bool", GgufValue.bool(true));
        metadata.put("u64", GgufValue.uint64(1L << 40));
        metadata.put("i64", raw(ValueType.INT64, -3, -1, -1, -1, -1, -1, -1, -1));
        metadata.put("f64", raw(ValueType.FLOAT64, 0, 0, 0, 0, 0, 0, -8, 63));
        metadata.put("strings", GgufValue.strings(List.of("", "a", "ß")));
        metadata.put("ints", GgufValue.int32s(1, -2, 3));
        metadata.put("floats", GgufValue.float32s(1, Float.NaN));
        metadata.put("none", GgufValue.strings(List.of()));
        // One text of two bytes, which are not UTF-8.
        metadata.put("bytes", raw(ValueType.STRING, 2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe));
        return metadata;
    }

    private static GgufValue raw(ValueType type, int... bytes) {
        byte[] content = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            content[i] = (byte) bytes[i];
        }
        return new GgufValue(type, type, 1, content);
    }

    private static MemorySegment bytes(GgufTensor tensor) {
        byte[] bytes = new byte[(int) tensor.bytes()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i + tensor.name().length());
        }
        return MemorySegment.ofArray(bytes);
    }

    private void write(Map<String, GgufValue> metadata) throws IOException {
        try (GgufWriter out = GgufWriter.create(file(), metadata, List.of(NORM, EMPTY, MATRIX))) {
            out.write(bytes(NORM));
            MemorySegment matrix = bytes(MATRIX);
            out.write(matrix.asSlice(0, 100));
            out.write(matrix.asSlice(100, 0));
            out.write(matrix.asSlice(100));
            out.finish();
        }
    }

    @Test
    void roundTrip() throws IOException {
        write(metadata());
        try (GgufFile in = GgufFile.open(file())) {
            assertThat(in.file()).isEqualTo(file());
            assertThat(in.metadata()).isEqualTo(metadata());
            assertThat(in.metadata().keySet())
                    .containsExactlyElementsOf(metadata().keySet());
            assertThat(in.tensors()).containsExactly(NORM, EMPTY, MATRIX);
            assertThat(in.tensor("matrix")).contains(MATRIX);
            assertThat(in.tensor("none")).isEmpty();
            for (GgufTensor tensor : in.tensors()) {
                MemorySegment data = in.data(tensor);
                assertThat(data.isReadOnly()).isTrue();
                assertThat(data.mismatch(bytes(tensor))).isEqualTo(-1);
            }
        }
        assertThat(Files.size(file()) % 32).isZero();
        assertThat(files()).as("nothing else is left").containsExactly("a.gguf");
    }

    @Test
    void noDataAfterClose() throws IOException {
        write(metadata());
        MemorySegment mapped;
        try (GgufFile in = GgufFile.open(file())) {
            mapped = in.data(MATRIX);
        }
        assertThatThrownBy(() -> mapped.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void valuesAsJavaHasThem() throws IOException {
        write(metadata());
        try (GgufFile in = GgufFile.open(file())) {
            assertThat(in.metadata("name").orElseThrow().asString()).isEqualTo("Größe");
            assertThat(Stream.of("u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64")
                            .map(key -> in.metadata(key).orElseThrow().asLong()))
                    .containsExactly(255L, -1L, 65535L, -2L, 4294967295L, -7L, 1L << 40, -3L);
            assertThat(in.metadata("f32").orElseThrow().asDouble()).isEqualTo(1.5);
            assertThat(in.metadata("f64").orElseThrow().asDouble()).isEqualTo(1.5);
            assertThat(in.metadata("bool").orElseThrow().asBoolean()).isTrue();
            assertThat(in.metadata("strings").orElseThrow().asStrings()).containsExactly("", "a", "ß");
            assertThat(in.metadata("none").orElseThrow().asStrings()).isEmpty();
            assertThat(in.metadata("ints").orElseThrow().asLongs()).containsExactly(1, -2, 3);
            assertThat(in.metadata("bytes").orElseThrow().asString()).isEqualTo("\ufffd\ufffd");
            assertThat(in.metadata("other")).isEmpty();
            assertThatThrownBy(() -> in.metadata("ints").orElseThrow().asLong())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("INT32[3] is not an integer");
            assertThatThrownBy(() -> in.metadata("name").orElseThrow().asBoolean())
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    /** Wherever the file is cut off, it is told, until nothing but padding is missing. */
    @Test
    void truncatedAnywhere() throws IOException {
        write(metadata());
        byte[] whole = Files.readAllBytes(file());
        int needed = whole.length - (int) (GgufFile.pad(MATRIX.bytes(), 32) - MATRIX.bytes());
        for (int length = 0; length < needed; length++) {
            Files.write(file(), Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> GgufFile.open(file()).close())
                    .as("%d bytes", length)
                    .isInstanceOf(GgufException.class)
                    .hasMessageStartingWith(file().toString())
                    .hasMessageMatching(".*(truncated|is empty).*");
        }
        Files.write(file(), Arrays.copyOf(whole, needed));
        GgufFile.open(file()).close();
    }

    private void damage(int at, int... bytes) throws IOException {
        byte[] content = Files.readAllBytes(file());
        for (int i = 0; i < bytes.length; i++) {
            content[at + i] = (byte) bytes[i];
        }
        Files.write(file(), content);
    }

    private int indexOf(String text) throws IOException {
        byte[] content = Files.readAllBytes(file());
        return new String(content, StandardCharsets.ISO_8859_1).indexOf(text);
    }

    private void isRefused(String... parts) {
        assertThatThrownBy(() -> GgufFile.open(file()).close())
                .isInstanceOf(GgufException.class)
                .hasMessageContainingAll(Stream.concat(Stream.of(file().toString()), Stream.of(parts))
                        .toArray(String[]::new));
    }

    @Test
    void whatIsNoGguf() throws IOException {
        Files.writeString(file(), "just a text that is long enough");
        isRefused("is no GGUF");
        write(metadata());
        damage(4, 0, 0, 0, 3);
        isRefused("big-endian");
        damage(4, 1, 0, 0, 0);
        isRefused("version 1; 2 and 3 are known");
        assertThatThrownBy(() -> GgufFile.open(folder.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void damagedMetadata() throws IOException {
        write(metadata());
        damage(indexOf("u64") + 3, 99);
        isRefused("unknown type 99 in u64");

        write(metadata());
        damage(indexOf("i16"), 'u', '1', '6');
        isRefused("u16 is there twice");

        write(metadata());
        damage(indexOf("ints") + 4 + 4, 9);
        isRefused("array of arrays in ints");

        write(metadata());
        damage(indexOf("ints") + 4 + 8, 0, 0, 0, 0, 0, 0, 0, 0x80);
        isRefused("the length of ints is 9223372036854775808");

        write(metadata());
        damage(16, -1, -1, -1, -1, -1, -1, -1, 0x7f);
        isRefused("the number of metadata entries");

        for (GgufValue alignment : List.of(GgufValue.uint32(24), GgufValue.uint32(0), GgufValue.int32(32))) {
            write(Map.of("general.alignmenT", alignment));
            damage(indexOf("alignmenT"), "alignment".getBytes(StandardCharsets.US_ASCII)[0]);
            damage(indexOf("alignmenT") + 8, 't');
            isRefused("general.alignment");
        }
    }

    @Test
    void damagedTensors() throws IOException {
        int typeOfMatrix = "matrix".length() + 4 + 2 * 8;

        write(metadata());
        damage(indexOf("matrix") + typeOfMatrix, 4);
        isRefused("tensor 'matrix' of unknown type 4");

        write(metadata());
        damage(indexOf("matrix") + typeOfMatrix, TensorType.Q4_K.id());
        isRefused("tensor 'matrix' has rows of 64 elements");

        write(metadata());
        damage(indexOf("matrix") + typeOfMatrix + 4, 0);
        isRefused("tensor 'matrix' is at offset 0, expected at 32");

        write(metadata());
        damage(indexOf("matrix") + "matrix".length(), 5);
        isRefused("tensor 'matrix' has 5 dimensions");

        write(metadata());
        damage(indexOf("matrix") + "matrix".length() + 4 + 8, 0, 0, 0, 0, 0, 0, 0, -1);
        isRefused("tensor 'matrix' has a negative dimension");

        write(metadata());
        damage(indexOf("matrix") + "matrix".length() + 4 + 8, 4);
        isRefused("truncated: tensor 'matrix' needs 272 bytes");
    }

    @Test
    void versionTwoIsTheSame() throws IOException {
        write(metadata());
        damage(4, 2);
        try (GgufFile in = GgufFile.open(file())) {
            assertThat(in.metadata()).isEqualTo(metadata());
        }
    }

    @Test
    void alignmentIsHeeded() throws IOException {
        write(Map.of(GgufFile.ALIGNMENT_KEY, GgufValue.uint32(256)));
        assertThat(Files.size(file()) % 256).isZero();
        try (GgufFile in = GgufFile.open(file())) {
            assertThat(in.data(MATRIX).mismatch(bytes(MATRIX))).isEqualTo(-1);
            assertThat((in.data(MATRIX).address() - in.data(NORM).address()) % 256)
                    .isZero();
        }
        assertThatThrownBy(() -> write(Map.of(GgufFile.ALIGNMENT_KEY, GgufValue.uint32(24))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("power of 2");
    }

    @Test
    void anUnfinishedFileIsNotThere() throws IOException {
        Files.writeString(file(), "before");
        try (GgufWriter out = GgufWriter.create(file(), metadata(), List.of(NORM))) {
            out.write(bytes(NORM).asSlice(0, 8));
            assertThatThrownBy(out::finish)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("'norm' is not complete");
            assertThatThrownBy(() -> out.write(bytes(NORM)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("'norm' lacks 12 bytes, not 20");
        }
        assertThat(Files.readString(file())).isEqualTo("before");
        assertThat(files()).containsExactly("a.gguf");
    }

    @Test
    void wrongCalls() throws IOException {
        assertThatThrownBy(() -> GgufWriter.create(file(), Map.of(), List.of(NORM, NORM)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'norm' is there twice");
        try (GgufWriter out = GgufWriter.create(file(), Map.of(), List.of())) {
            assertThatThrownBy(() -> out.write(bytes(NORM))).hasMessageContaining("all tensors are complete");
            out.finish();
        }
        try (GgufFile in = GgufFile.open(file())) {
            assertThat(in.tensors()).isEmpty();
            assertThatThrownBy(() -> in.data(NORM)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aLinkIsFollowed() throws IOException {
        Path real = Files.writeString(folder.resolve("real.gguf"), "");
        Files.createSymbolicLink(file(), real);
        write(metadata());
        assertThat(file()).isSymbolicLink();
        assertThat(ByteBuffer.wrap(Files.readAllBytes(real))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .getInt())
                .isEqualTo(GgufFile.MAGIC);
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> String.valueOf(file.getFileName())).toList();
        }
    }
}
