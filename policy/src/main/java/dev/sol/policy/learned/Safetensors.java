package dev.sol.policy.learned;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The safetensors container, as far as it is needed: F32 tensors and string metadata. A header's length in 8 bytes (little-endian), the
 * header (JSON), then the tensors' values, without gaps. Equal contents give equal bytes.
 *
 * <p>Source: huggingface.co/docs/safetensors, "Format".
 *
 * @param metadata {@code __metadata__}
 * @param tensors by name
 */
record Safetensors(SortedMap<String, String> metadata, SortedMap<String, Tensor> tensors) {
    static final String METADATA = "__metadata__";

    /** What the format allows. */
    private static final int LONGEST_HEADER = 100_000_000;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** Values in row-major order. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Tensor(int[] shape, float[] values) {}

    /** The bytes are not such a container. The message completes "the file …". */
    static final class FormatException extends Exception {
        private static final long serialVersionUID = 1L;

        FormatException(String message) {
            super(message);
        }
    }

    byte[] encode() {
        ObjectNode header = JSON.createObjectNode();
        ObjectNode strings = header.putObject(METADATA);
        metadata.forEach(strings::put);
        long offset = 0;
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            Tensor tensor = entry.getValue();
            ObjectNode node = header.putObject(entry.getKey());
            node.put("dtype", "F32");
            ArrayNode shape = node.putArray("shape");
            Arrays.stream(tensor.shape()).forEach(shape::add);
            ArrayNode offsets = node.putArray("data_offsets");
            offsets.add(offset);
            offset += 4L * tensor.values().length;
            offsets.add(offset);
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        int padded = (json.length + 7) / 8 * 8; // so that the values are aligned
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.toIntExact(8 + padded + offset)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(padded).put(json);
        while (bytes.position() < 8 + padded) {
            bytes.put((byte) ' ');
        }
        for (Tensor tensor : tensors.values()) {
            bytes.asFloatBuffer().put(tensor.values());
            bytes.position(bytes.position() + 4 * tensor.values().length);
        }
        return bytes.array();
    }

    static Safetensors decode(byte[] file) throws FormatException {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        if (file.length < 9) {
            throw new FormatException("is truncated: it has %d bytes".formatted(file.length));
        }
        long length = bytes.getLong();
        if (length < 2 || length > LONGEST_HEADER || bytes.get(8) != '{') {
            throw new FormatException("is not a safetensors file");
        }
        if (length > file.length - 8) {
            throw new FormatException(
                    "is truncated: its header has %d bytes, of which %d are there".formatted(length, file.length - 8));
        }
        int start = 8 + (int) length;
        JsonNode header = parse(new String(file, 8, (int) length, StandardCharsets.UTF_8));
        SortedMap<String, String> metadata = new TreeMap<>();
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        long expected = 0;
        for (Map.Entry<String, JsonNode> entry : header.properties()) {
            if (!entry.getKey().equals(METADATA)) {
                expected = Math.max(expected, offset(entry.getKey(), entry.getValue(), 1));
            }
        }
        if (file.length - start < expected) {
            throw new FormatException("is truncated: its tensors have %d bytes, of which %d are there"
                    .formatted(expected, file.length - start));
        }
        long total = 0;
        for (Map.Entry<String, JsonNode> entry : header.properties()) {
            String name = entry.getKey();
            JsonNode node = entry.getValue();
            if (name.equals(METADATA)) {
                for (Map.Entry<String, JsonNode> string : node.properties()) {
                    metadata.put(string.getKey(), string.getValue().asText());
                }
            } else {
                Tensor tensor = tensor(name, node, bytes, start);
                tensors.put(name, tensor);
                total += 4L * tensor.values().length;
            }
        }
        if (total != file.length - start) {
            // Also finds tensors that overlap.
            throw new FormatException("is damaged: its tensors have %d bytes, but %d follow the header"
                    .formatted(total, file.length - start));
        }
        return new Safetensors(metadata, tensors);
    }

    private static JsonNode parse(String json) throws FormatException {
        try {
            JsonNode header = JSON.readTree(json);
            if (header.isObject()) {
                return header;
            }
        } catch (JsonProcessingException e) {
            throw new FormatException("is damaged: its header is not JSON (" + e.getOriginalMessage() + ")");
        }
        throw new FormatException("is damaged: its header is not a JSON object");
    }

    private static Tensor tensor(String name, JsonNode node, ByteBuffer bytes, int start) throws FormatException {
        String type = node.path("dtype").asText();
        if (!type.equals("F32")) {
            throw new FormatException("cannot be used: its tensor %s is of type %s, not F32".formatted(name, type));
        }
        JsonNode dimensions = node.path("shape");
        int[] shape = new int[dimensions.size()];
        long elements = 1;
        for (int i = 0; i < shape.length; i++) {
            JsonNode size = dimensions.path(i);
            shape[i] = size.isInt() && size.intValue() >= 0 ? size.intValue() : -1;
            elements = shape[i] < 0 || elements > Integer.MAX_VALUE ? Long.MAX_VALUE : elements * shape[i];
        }
        long begin = offset(name, node, 0);
        long end = offset(name, node, 1);
        if (!dimensions.isArray() || begin > end || elements > Integer.MAX_VALUE || end - begin != 4 * elements) {
            throw new FormatException("is damaged: its tensor %s has the shape %s in the bytes %d to %d"
                    .formatted(name, dimensions, begin, end));
        }
        float[] values = new float[(int) elements];
        bytes.slice(start + (int) begin, (int) (end - begin))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        return new Tensor(shape, values);
    }

    private static long offset(String name, JsonNode node, int i) throws FormatException {
        JsonNode offset = node.path("data_offsets").path(i);
        if (!offset.canConvertToLong() || !offset.isIntegralNumber() || offset.longValue() < 0) {
            throw new FormatException("is damaged: its tensor %s has no data_offsets".formatted(name));
        }
        return offset.longValue();
    }
}
