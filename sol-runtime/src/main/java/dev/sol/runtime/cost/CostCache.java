package dev.sol.runtime.cost;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.io.AtomicFile;
import dev.sol.runtime.UserCache;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cost models in files, one for each of the things that a step's time depends on. A file that cannot be read is as good as none,
 * and one that cannot be written is done without: calibrating again is all that it costs. For any thread and process.
 *
 * @param directory where the files are; made when needed
 */
public record CostCache(Path directory) {
    private static final Logger log = LoggerFactory.getLogger(CostCache.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int VERSION = 1;

    /** The user's. */
    public static CostCache ofUser() {
        return new CostCache(UserCache.folder("cost"));
    }

    /** Where the model for {@code key} is kept. */
    Path file(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return directory.resolve(HexFormat.of().formatHex(hash, 0, 16) + ".json");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    /**
     * The model that was kept for {@code key}; empty if there is none that can be used.
     *
     * @param key all that a step's time depends on, in words
     */
    public Optional<CostModel> read(String key) {
        Path file = file(key);
        try {
            if (!Files.isRegularFile(file)) {
                return Optional.empty();
            }
            JsonNode node = JSON.readTree(Files.readAllBytes(file));
            if (node.path("version").asInt() != VERSION
                    || !node.path("key").asText().equals(key)) {
                return Optional.empty();
            }
            return Optional.of(model(node));
        } catch (IOException | IllegalArgumentException e) {
            log.info("the cost model {} cannot be used, and is measured again: {}", file, e.toString());
            return Optional.empty();
        }
    }

    /** Keeps a model. Another process sees the whole file or none. */
    public void write(String key, CostModel model) {
        Path file = file(key);
        try {
            Files.createDirectories(directory);
            AtomicFile.writeShared(file, bytes(key, model));
        } catch (IOException e) {
            log.warn("the cost model cannot be kept in {}: {}", file, e.toString());
        }
    }

    private static byte[] bytes(String key, CostModel model) throws JsonProcessingException {
        ObjectNode node = JSON.createObjectNode().put("version", VERSION).put("key", key);
        AttendedPositions attended = model.attended();
        node.putObject("attended")
                .put("sinks", attended.sinks())
                .put("window", attended.window())
                .put("page", attended.page());
        ObjectNode millis = node.putObject("millis");
        double[] coefficients = model.coefficients();
        for (int i = 0; i < coefficients.length; i++) {
            millis.put(CostModel.NAMES.get(i), coefficients[i]);
        }
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(node);
    }

    private static CostModel model(JsonNode node) {
        JsonNode attended = node.path("attended");
        return CostModel.of(
                new AttendedPositions((int) number(attended, "sinks"), (int) number(attended, "window"), (int)
                        number(attended, "page")),
                CostModel.NAMES.stream()
                        .mapToDouble(name -> number(node.path("millis"), name))
                        .toArray());
    }

    private static double number(JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (!value.isNumber()) {
            throw new IllegalArgumentException("it has no number " + field);
        }
        return value.doubleValue();
    }
}
