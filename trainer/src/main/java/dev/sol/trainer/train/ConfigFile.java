package dev.sol.trainer.train;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.RequestException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Configurations as JSON: presets, files, and what results from putting one over the other. The defaults name all keys there are.
 */
final class ConfigFile {
    /** The presets, by name. */
    static final List<String> PRESETS = List.of("small", "fine", "paper-2l", "paper-3l", "paper-full");

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(JsonParser.Feature.ALLOW_COMMENTS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private ConfigFile() {}

    /** The defaults: every key with its value. */
    static ObjectNode defaults() {
        return resource("defaults");
    }

    /**
     * A preset, with every key.
     *
     * @throws RequestException if there is none of this name
     */
    static ObjectNode preset(String name) {
        if (!PRESETS.contains(name)) {
            throw RequestException.invalid(
                    "preset", "there is no preset '%s'; there are %s".formatted(name, String.join(", ", PRESETS)));
        }
        ObjectNode config = defaults();
        put(resource(name), config, config, "");
        return config;
    }

    /**
     * Puts a file's values in place of those of {@code config}.
     *
     * @throws RequestException if the file cannot be read, is not JSON, or has a key that there is not
     */
    static void putFile(Path file, ObjectNode config) {
        JsonNode json;
        try {
            json = MAPPER.readTree(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            throw RequestException.invalid("config", "there is no file " + file);
        } catch (JsonProcessingException e) {
            throw RequestException.invalid("config", "%s is not JSON: %s".formatted(file, e.getOriginalMessage()));
        } catch (IOException e) {
            throw RequestException.invalid("config", "cannot read %s: %s".formatted(file, e));
        }
        if (!(json instanceof ObjectNode object)) {
            throw RequestException.invalid("config", file + " must have a JSON object");
        }
        put(object, config, config, "");
    }

    /** @param root the whole of what {@code into} is a part of, which knows all keys */
    private static void put(ObjectNode from, ObjectNode into, ObjectNode root, String prefix) {
        from.properties().forEach(entry -> {
            String key = entry.getKey();
            if (!into.has(key)) {
                throw unknown(prefix + key, root);
            }
            if (into.get(key) instanceof ObjectNode inner && entry.getValue() instanceof ObjectNode values) {
                put(values, inner, root, prefix + key + ".");
            } else {
                into.set(key, entry.getValue());
            }
        });
    }

    private static RequestException unknown(String key, ObjectNode root) {
        List<String> known = new ArrayList<>();
        keys(root, "", known);
        String nearest = known.stream()
                .min(Comparator.comparingInt(other -> distance(key, other)))
                .orElseThrow();
        return RequestException.invalid(
                "config", "the configuration has no key '%s'; the nearest there is is '%s'".formatted(key, nearest));
    }

    private static void keys(ObjectNode node, String prefix, List<String> into) {
        node.properties().forEach(entry -> {
            into.add(prefix + entry.getKey());
            if (entry.getValue() instanceof ObjectNode inner) {
                keys(inner, prefix + entry.getKey() + ".", into);
            }
        });
    }

    /** Levenshtein's: the least number of letters to insert, drop or replace. */
    static int distance(String a, String b) {
        int[] before = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            before[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] now = new int[b.length() + 1];
            now[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = before[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                now[j] = Math.min(replaced, 1 + Math.min(before[j], now[j - 1]));
            }
            before = now;
        }
        return before[b.length()];
    }

    private static ObjectNode resource(String name) {
        try (InputStream stream = ConfigFile.class.getResourceAsStream(name + ".json")) {
            if (stream == null || !(MAPPER.readTree(stream) instanceof ObjectNode object)) {
                throw new IllegalStateException("no preset " + name + " in the program");
            }
            return object;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
