package dev.sol.runtime.gguf;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a model is, whatever the types of its weights: what a learned policy is bound to. Quantisations of one model, and the same
 * model in one file or several, have equal signatures.
 *
 * @param architecture as in the file: {@code llama}, {@code qwen3}, …
 * @param tensors SHA-256, in hexadecimal, of a line for each tensor, sorted: its name and its dimensions in ggml's order,
 *     separated by spaces
 */
public record ModelSignature(String architecture, String tensors) {
    private static final String ARCHITECTURE_KEY = "general.architecture";
    private static final String SPLIT_COUNT_KEY = "split.count";

    /** Ends the names of a split model's files; counted from 1. */
    private static final Pattern SPLIT = Pattern.compile("-(\\d{5})-of-(\\d{5})\\.gguf$");

    /**
     * Reads the metadata of a model.
     *
     * @param file of a split model: any of its files; the others are beside it
     * @throws GgufException if one is no GGUF, damaged or truncated, or says nothing of an architecture
     * @throws java.nio.file.NoSuchFileException if one is missing
     * @throws IOException if one cannot be read
     */
    public static ModelSignature of(Path file) throws IOException {
        List<Path> files;
        try (GgufFile gguf = GgufFile.open(file)) {
            files = parts(gguf);
        }
        TreeSet<String> lines = new TreeSet<>();
        String architecture = "";
        for (int i = 0; i < files.size(); i++) {
            try (GgufFile part = GgufFile.open(files.get(i))) {
                if (i == 0) {
                    architecture = architecture(part);
                }
                part.tensors().forEach(tensor -> lines.add(line(tensor)));
            }
        }
        return new ModelSignature(architecture, sha256(lines));
    }

    private static String architecture(GgufFile file) throws GgufException {
        Optional<GgufValue> value = file.metadata(ARCHITECTURE_KEY);
        if (value.isEmpty() || value.get().type() != ValueType.STRING) {
            throw new GgufException(file.file(), "does not say of which architecture the model is");
        }
        return value.get().asString();
    }

    private static List<Path> parts(GgufFile file) throws GgufException {
        long count = splitCount(file);
        if (count < 2) {
            return List.of(file.file());
        }
        String name = String.valueOf(file.file().getFileName());
        Matcher split = SPLIT.matcher(name);
        if (!split.find() || Integer.parseInt(split.group(2)) != count) {
            throw new GgufException(
                    file.file(),
                    "is one of %d files of a model, but its name does not end like -00001-of-%05d.gguf"
                            .formatted(count, count));
        }
        List<Path> parts = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            String other = name.substring(0, split.start()) + "-%05d-of-%05d.gguf".formatted(i, count);
            parts.add(file.file().resolveSibling(other));
        }
        return parts;
    }

    private static long splitCount(GgufFile file) throws GgufException {
        Optional<GgufValue> count = file.metadata(SPLIT_COUNT_KEY);
        try {
            return count.isEmpty() ? 1 : count.get().asLong();
        } catch (IllegalStateException e) {
            throw new GgufException(file.file(), "is damaged: %s is no integer".formatted(SPLIT_COUNT_KEY));
        }
    }

    private static String line(GgufTensor tensor) {
        return tensor.shape().stream().map(String::valueOf).collect(Collectors.joining(" ", tensor.name() + " ", "\n"));
    }

    private static String sha256(Iterable<String> lines) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            lines.forEach(line -> digest.update(line.getBytes(StandardCharsets.UTF_8)));
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}
