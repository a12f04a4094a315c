package dev.sol.policy.learned;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The metadata of a policy file: a JSON text per key, all strings as safetensors has it. Keys that are not known are left alone:
 * what must not be ignored is a new version of the format.
 */
record PolicyMetadata(PolicySpec spec, PolicyFile.Header header) {
    /** The version that is written, and the newest that is read. */
    static final int VERSION = 1;

    private static final String FORMAT = "sol.format";
    private static final String GRID = "sol.grid";
    private static final String OBSERVATION = "sol.observation";
    private static final String NETWORK = "sol.network";
    private static final String PRIOR = "sol.prior";
    private static final String TARGETS = "sol.targets";
    private static final String SPLIT = "sol.split";
    private static final String MODEL = "sol.model";
    private static final String PROVENANCE = "sol.provenance";

    /** How far a split's net may be from the one of its targets: it is there for people who read the file. */
    private static final double NET_TOLERANCE = 1e-4;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** No policy, or one of a version that is not known. The message completes "the policy file …". */
    static final class VersionException extends Exception {
        private static final long serialVersionUID = 1L;

        VersionException(String message) {
            super(message);
        }
    }

    SortedMap<String, String> encode() {
        SortedMap<String, String> metadata = new TreeMap<>();
        metadata.put(FORMAT, Integer.toString(VERSION));
        ActionGrid grid = spec.grid();
        metadata.put(GRID, json(perAxis(axis -> axis == Axis.BITS ? bits(grid) : grid.values(axis))));
        metadata.put(OBSERVATION, json(observation(spec.entropy())));
        Map<String, Object> network = new LinkedHashMap<>();
        network.put("embedding", spec.embedding());
        network.put("width", spec.width());
        network.put("heads", spec.heads());
        network.put("horizon", spec.horizon());
        network.put("action_embedding", spec.actionEmbedding());
        network.put("joint", spec.joint());
        metadata.put(NETWORK, json(network));
        metadata.put(PRIOR, json(Map.of("width", spec.priorWidth())));
        Budget low = header.targets().low();
        Budget high = header.targets().high();
        metadata.put(TARGETS, json(perAxis(axis -> new double[] {low.get(axis), high.get(axis)})));
        if (!header.split().isEmpty()) {
            metadata.put(
                    SPLIT,
                    json(header.split().stream()
                            .map(best -> new double[] {best.net(), best.attn(), best.mlp(), best.bits()})
                            .toList()));
        }
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("architecture", header.model().architecture());
        model.put("tensors", header.model().tensors());
        model.put("name", header.model().name());
        metadata.put(MODEL, json(model));
        metadata.put(PROVENANCE, json(header.provenance()));
        return metadata;
    }

    /** @throws IllegalArgumentException if something is missing or cannot be */
    static PolicyMetadata decode(SortedMap<String, String> metadata) throws VersionException {
        requireVersion(metadata.get(FORMAT));
        JsonNode grid = tree(metadata, GRID);
        JsonNode network = tree(metadata, NETWORK);
        boolean entropy = observesEntropy(tree(metadata, OBSERVATION));
        PolicySpec spec = new PolicySpec(
                integer(network, "embedding"),
                integer(network, "width"),
                integer(network, "heads"),
                integer(network, "horizon"),
                integer(network, "action_embedding"),
                entropy,
                number(tree(metadata, PRIOR).path("width"), PRIOR),
                new ActionGrid(
                        numbers(grid.path("attn"), GRID),
                        numbers(grid.path("mlp"), GRID),
                        Arrays.stream(numbers(grid.path("bits"), GRID))
                                .mapToInt(PolicyMetadata::whole)
                                .toArray()));
        if (!network.path("joint").isBoolean() || network.path("joint").booleanValue() != spec.joint()) {
            throw new IllegalArgumentException("joint in %s does not fit a grid of %d actions"
                    .formatted(NETWORK, spec.grid().size()));
        }
        JsonNode model = tree(metadata, MODEL);
        return new PolicyMetadata(
                spec,
                new PolicyFile.Header(
                        targets(tree(metadata, TARGETS)),
                        metadata.containsKey(SPLIT) ? split(tree(metadata, SPLIT)) : List.of(),
                        new PolicyFile.Model(text(model, "architecture"), text(model, "tensors"), text(model, "name")),
                        provenance(metadata)));
    }

    /** @throws IllegalArgumentException if the spec has no such tensor, or one of another shape */
    static void requireShape(PolicySpec spec, String name, int[] shape) {
        int[] expected = spec.shapes().get(name);
        if (expected != null && !Arrays.equals(expected, shape)) {
            throw new IllegalArgumentException("tensor %s must have the shape %s, but has %s"
                    .formatted(name, Arrays.toString(expected), Arrays.toString(shape)));
        }
    }

    private static void requireVersion(@Nullable String format) throws VersionException {
        if (format == null) {
            throw new VersionException("is a safetensors file, but not a policy: it has no " + FORMAT);
        }
        if (!format.matches("[1-9][0-9]{0,8}")) {
            throw new VersionException("is damaged: %s is '%s'; copy or train it again".formatted(FORMAT, format));
        }
        if (Integer.parseInt(format) > VERSION) {
            throw new VersionException("has format %s, but this version of SOL reads formats up to %d; use a newer SOL"
                    .formatted(format, VERSION));
        }
    }

    private static List<String> observation(boolean entropy) {
        List<String> parts = new ArrayList<>(List.of("hidden", "embedding", "action", "scalars"));
        if (entropy) {
            parts.add("entropy");
        }
        return parts;
    }

    private static boolean observesEntropy(JsonNode node) {
        List<String> parts = new ArrayList<>();
        node.forEach(part -> parts.add(part.asText()));
        boolean entropy = parts.equals(observation(true));
        if (!entropy && !parts.equals(observation(false))) {
            throw new IllegalArgumentException("%s must be %s or %s, but is %s"
                    .formatted(OBSERVATION, observation(false), observation(true), parts));
        }
        return entropy;
    }

    private static PolicyFile.Targets targets(JsonNode node) {
        return new PolicyFile.Targets(budget(axis -> range(node, axis)[0]), budget(axis -> range(node, axis)[1]));
    }

    private static double[] range(JsonNode node, Axis axis) {
        double[] range = numbers(node.path(axis.key()), TARGETS);
        if (range.length != 2) {
            throw new IllegalArgumentException("%s must have two numbers per axis".formatted(TARGETS));
        }
        return range;
    }

    private static List<Budget> split(JsonNode node) {
        List<Budget> split = new ArrayList<>();
        for (JsonNode row : node) {
            double[] values = numbers(row, SPLIT);
            if (values.length != 4) {
                throw new IllegalArgumentException("%s must have rows of net, attn, mlp and bits".formatted(SPLIT));
            }
            Budget best = new Budget(values[1], values[2], values[3]);
            if (Math.abs(best.net() - values[0]) > NET_TOLERANCE) {
                throw new IllegalArgumentException("%s says net %s of %s".formatted(SPLIT, values[0], best));
            }
            split.add(best);
        }
        return split;
    }

    private static Map<String, Object> provenance(SortedMap<String, String> metadata) {
        if (!metadata.containsKey(PROVENANCE)) {
            return Map.of();
        }
        JsonNode node = tree(metadata, PROVENANCE);
        if (!node.isObject()) {
            throw new IllegalArgumentException("%s is not a JSON object".formatted(PROVENANCE));
        }
        return JSON.convertValue(node, new TypeReference<Map<String, Object>>() {});
    }

    private static JsonNode tree(SortedMap<String, String> metadata, String key) {
        String text = metadata.get(key);
        if (text == null) {
            throw new IllegalArgumentException("its header has no " + key);
        }
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("%s is not JSON (%s)".formatted(key, e.getOriginalMessage()), e);
        }
    }

    private static int integer(JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (!value.isInt()) {
            throw new IllegalArgumentException("%s has no whole number %s".formatted(NETWORK, field));
        }
        return value.intValue();
    }

    private static String text(JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (!value.isTextual()) {
            throw new IllegalArgumentException("%s has no text %s".formatted(MODEL, field));
        }
        return value.textValue();
    }

    private static double number(JsonNode node, String key) {
        if (!node.isNumber()) {
            throw new IllegalArgumentException("%s must hold numbers".formatted(key));
        }
        return node.doubleValue();
    }

    private static double[] numbers(JsonNode node, String key) {
        double[] values = new double[node.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = number(node.path(i), key);
        }
        return values;
    }

    private static int whole(double value) {
        if (value != Math.rint(value)) {
            throw new IllegalArgumentException("bits must be whole, but %s has %s".formatted(GRID, value));
        }
        return (int) value;
    }

    private static int[] bits(ActionGrid grid) {
        return Arrays.stream(grid.values(Axis.BITS))
                .mapToInt(PolicyMetadata::whole)
                .toArray();
    }

    private static Budget budget(ToDoubleFunction<Axis> value) {
        return new Budget(
                value.applyAsDouble(Axis.ATTN), value.applyAsDouble(Axis.MLP), value.applyAsDouble(Axis.BITS));
    }

    private static Map<String, Object> perAxis(Function<Axis, Object> value) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (Axis axis : Axis.values()) {
            map.put(axis.key(), value.apply(axis));
        }
        return map;
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no JSON: " + e.getOriginalMessage(), e);
        }
    }
}
