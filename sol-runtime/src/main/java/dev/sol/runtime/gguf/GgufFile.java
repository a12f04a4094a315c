package dev.sol.runtime.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A GGUF file that is mapped into memory: metadata, tensors and their data. What the file says is checked when it is opened,
 * as ggml does; what is in the tensors is not.
 *
 * <p>For any number of threads. {@link #close} unmaps the file: segments got from {@link #data} then throw {@link
 * IllegalStateException}.
 */
public final class GgufFile implements AutoCloseable {
    /** Metadata with the alignment of tensors, in bytes. */
    public static final String ALIGNMENT_KEY = "general.alignment";

    static final int MAGIC = 'G' | 'G' << 8 | 'U' << 16 | 'F' << 24;
    static final int VERSION = 3;
    static final int DEFAULT_ALIGNMENT = 32;

    /** Of a tensor without a name: lengths, type, offset. */
    private static final int LEAST_TENSOR_BYTES = 8 + 4 + 4 + 8;

    /** Of an entry without a key. */
    private static final int LEAST_METADATA_BYTES = 8 + 4 + 1;

    private final Path file;
    private final Arena arena;
    private final Map<String, GgufValue> metadata;
    private final Map<String, GgufTensor> tensors;
    private final Map<String, MemorySegment> data;

    private GgufFile(
            Path file,
            Arena arena,
            Map<String, GgufValue> metadata,
            Map<String, GgufTensor> tensors,
            Map<String, MemorySegment> data) {
        this.file = file;
        this.arena = arena;
        this.metadata = metadata;
        this.tensors = tensors;
        this.data = data;
    }

    /**
     * Maps and checks a file.
     *
     * @throws GgufException if it is no GGUF of version 2 or 3, damaged or truncated
     * @throws IOException if it cannot be read
     */
    public static GgufFile open(Path file) throws IOException {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return new Parser(file, arena, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena))
                    .parse();
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /** Where it is. */
    public Path file() {
        return file;
    }

    /** In the file's order. Not to be changed. */
    public Map<String, GgufValue> metadata() {
        return metadata;
    }

    /** A value of the metadata. */
    public Optional<GgufValue> metadata(String key) {
        return Optional.ofNullable(metadata.get(key));
    }

    /** In the file's order. */
    public List<GgufTensor> tensors() {
        return List.copyOf(tensors.values());
    }

    /** A tensor by its name. */
    public Optional<GgufTensor> tensor(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    /**
     * The bytes of a tensor, in the mapped file: read only, {@link GgufTensor#bytes} long.
     *
     * @throws IllegalArgumentException if it is not a tensor of this file
     */
    public MemorySegment data(GgufTensor tensor) {
        MemorySegment segment = data.get(tensor.name());
        if (segment == null || !tensor.equals(tensors.get(tensor.name()))) {
            throw new IllegalArgumentException(file + " has no such " + tensor);
        }
        return segment;
    }

    /** Unmaps the file. A second call does nothing. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    /** Rounds up. */
    static long pad(long bytes, int alignment) {
        return Math.addExact(bytes, alignment - 1L) & -alignment;
    }

    private static final class Parser {
        private final Path file;
        private final Arena arena;
        private final MemorySegment segment;
        private final GgufCursor in;
        private final Map<String, GgufValue> metadata = new LinkedHashMap<>();
        private final Map<String, GgufTensor> tensors = new LinkedHashMap<>();
        private final List<Long> offsets = new ArrayList<>();

        Parser(Path file, Arena arena, MemorySegment segment) {
            this.file = file;
            this.arena = arena;
            this.segment = segment;
            this.in = new GgufCursor(file, segment);
        }

        GgufFile parse() throws GgufException {
            header();
            long tensorCount = in.count("the number of tensors", LEAST_TENSOR_BYTES);
            long metadataCount = in.count("the number of metadata entries", LEAST_METADATA_BYTES);
            for (long i = 0; i < metadataCount; i++) {
                entry(i);
            }
            int alignment = alignment();
            for (long i = 0; i < tensorCount; i++) {
                tensor(i);
            }
            return new GgufFile(
                    file,
                    arena,
                    Collections.unmodifiableMap(metadata),
                    Collections.unmodifiableMap(tensors),
                    data(pad(in.position(), alignment), alignment));
        }

        private void header() throws GgufException {
            if (segment.byteSize() == 0) {
                throw in.wrong("is empty");
            }
            int magic = in.int32("the mark GGUF at its start");
            if (magic != MAGIC) {
                throw in.wrong("is no GGUF: it does not start with GGUF");
            }
            int version = in.int32("the version");
            if ((version & 0xffff) == 0 && version != 0) {
                throw in.wrong("is a GGUF for big-endian machines");
            }
            if (version != 2 && version != VERSION) {
                throw in.wrong(
                        "is a GGUF of version %s; 2 and 3 are known".formatted(Integer.toUnsignedString(version)));
            }
        }

        private void entry(long index) throws GgufException {
            String key = in.string("the key of metadata entry " + index);
            if (key.isEmpty()) {
                throw in.wrong("is damaged: metadata entry %d has no key".formatted(index));
            }
            if (metadata.put(key, in.value(key)) != null) {
                throw in.wrong("is damaged: %s is there twice".formatted(key));
            }
        }

        private int alignment() throws GgufException {
            GgufValue value = metadata.get(ALIGNMENT_KEY);
            if (value == null) {
                return DEFAULT_ALIGNMENT;
            }
            if (value.type() != ValueType.UINT32) {
                throw in.wrong("is damaged: %s is no unsigned integer of 32 bits".formatted(ALIGNMENT_KEY));
            }
            long alignment = value.asLong();
            if (Long.bitCount(alignment) != 1 || alignment > Integer.MAX_VALUE) {
                throw in.wrong("is damaged: %s is %d, not a power of 2".formatted(ALIGNMENT_KEY, alignment));
            }
            return (int) alignment;
        }

        private void tensor(long index) throws GgufException {
            String name = in.string("the name of tensor " + index);
            String field = "tensor '" + name + "'";
            int dimensions = in.int32("the number of dimensions of " + field);
            if (dimensions < 0 || dimensions > GgufTensor.MAX_DIMENSIONS) {
                throw in.wrong(
                        "is damaged: %s has %s dimensions".formatted(field, Integer.toUnsignedString(dimensions)));
            }
            List<Long> shape = new ArrayList<>();
            for (int i = 0; i < dimensions; i++) {
                shape.add(in.int64("the shape of " + field));
            }
            int id = in.int32("the type of " + field);
            TensorType type = in.orWrong(TensorType.of(id), "has %s of unknown type %d".formatted(field, id));
            try {
                // To ggml a tensor without dimensions has one element.
                if (tensors.put(name, new GgufTensor(name, type, shape.isEmpty() ? List.of(1L) : shape)) != null) {
                    throw in.wrong("is damaged: %s is there twice".formatted(field));
                }
            } catch (IllegalArgumentException e) {
                throw in.wrong("is damaged: " + e.getMessage());
            }
            offsets.add(in.int64("the offset of " + field));
        }

        /** Tensors follow each other in the order of their descriptions, each padded. */
        private Map<String, MemorySegment> data(long start, int alignment) throws GgufException {
            Map<String, MemorySegment> data = new LinkedHashMap<>();
            long expected = 0;
            int index = 0;
            for (GgufTensor tensor : tensors.values()) {
                if (offsets.get(index) != expected) {
                    throw in.wrong("is damaged: tensor '%s' is at offset %s, expected at %d"
                            .formatted(tensor.name(), Long.toUnsignedString(offsets.get(index)), expected));
                }
                long left = segment.byteSize() - start - expected;
                if (tensor.bytes() > left) {
                    throw in.wrong("is truncated: tensor '%s' needs %d bytes, %d are there"
                            .formatted(tensor.name(), tensor.bytes(), Math.max(0, left)));
                }
                data.put(tensor.name(), segment.asSlice(start + expected, tensor.bytes()));
                expected += pad(tensor.bytes(), alignment);
                index++;
            }
            return data;
        }
    }
}
