package dev.sol.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.cli.Configurable;
import dev.sol.runtime.openai.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Values of options that are not on the command line: from the environment, where {@code --max-body} is {@code SOL_MAX_BODY}, or else
 * from a JSON file, where it is {@code "max-body"}. Names that no option has are errors: they would be wishes that nobody hears. Of the
 * environment, which is not ours alone, only those that nearly are an option's.
 */
final class Settings implements Configurable.Defaults {
    static final String CONFIG = "config";
    private static final String PREFIX = "SOL_";

    /** Variables that are not options of a command: of the launcher and its builds, of the cache, of the hub. */
    private static final Set<String> OTHERS = Set.of(
            "SOL_CACHE",
            "SOL_NATIVE",
            "SOL_JAVA_OPTS",
            "SOL_LLAMA_SOURCE",
            "SOL_LLAMA_ACCEPT_ANY",
            "SOL_SANITIZE",
            "SOL_HUB_TOKEN");

    /** Options that are for the command line alone. */
    private static final Set<String> NOT_SETTINGS = Set.of("help", "version", "print-config");

    private record Value(String text, String source) {}

    /** Nothing is set. */
    static final Settings NONE = new Settings(Map.of());

    private final Map<String, Value> values;

    private Settings(Map<String, Value> values) {
        this.values = values;
    }

    /**
     * Reads both.
     *
     * @param options of the command
     * @param environment of the process
     * @param given the file on the command line; null: that in {@code SOL_CONFIG}, if any
     * @throws RequestException if there is a name that no option has, or the file cannot be used
     */
    static Settings of(CommandSpec options, Map<String, String> environment, @Nullable String given) {
        Set<String> names = options.options().stream()
                .map(Settings::name)
                .filter(name -> !NOT_SETTINGS.contains(name))
                .collect(Collectors.toSet());
        Map<String, Value> values = new LinkedHashMap<>();
        String file = given == null ? environment.get(variable(CONFIG)) : given;
        if (file != null) {
            addFile(values, names, Path.of(file));
        }
        addEnvironment(values, names, environment);
        return new Settings(values);
    }

    private static void addFile(Map<String, Value> values, Set<String> names, Path file) {
        byte[] text;
        try {
            text = Files.readAllBytes(file);
        } catch (IOException e) {
            throw RequestException.invalid(CONFIG, "cannot read the file %s (--config): %s".formatted(file, e));
        }
        ObjectNode object = Json.readObject(file.toString(), text);
        object.properties().forEach(field -> {
            String name = field.getKey();
            if (!names.contains(name) || name.equals(CONFIG)) {
                throw unknown(name, "in " + file, Names.nearest(name, names));
            }
            if (!field.getValue().isNull()
                    && !(field.getValue().isArray() && field.getValue().isEmpty())) {
                values.put(name, new Value(text(file, name, field.getValue()), file.toString()));
            }
        });
    }

    /** As on the command line; several values with commas between them. */
    private static String text(Path file, String name, JsonNode node) {
        if (node.isArray()) {
            return StreamSupport.stream(node.spliterator(), false)
                    .map(item -> withoutComma(file, name, text(file, name, item)))
                    .collect(Collectors.joining(","));
        }
        if (!node.isValueNode()) {
            throw RequestException.invalid(name, "%s in %s must be a value or an array of them".formatted(name, file));
        }
        return node.asText();
    }

    private static String withoutComma(Path file, String name, String value) {
        if (value.contains(",")) {
            throw RequestException.invalid(
                    name, "%s in %s must not have a comma, which separates values".formatted(name, file));
        }
        return value;
    }

    private static void addEnvironment(Map<String, Value> values, Set<String> names, Map<String, String> environment) {
        Map<String, String> variables = names.stream().collect(Collectors.toMap(Settings::variable, name -> name));
        environment.forEach((variable, text) -> {
            if (!variable.startsWith(PREFIX) || OTHERS.contains(variable)) {
                return;
            }
            String name = variables.get(variable);
            String nearest = name == null ? Names.nearest(variable, variables.keySet()) : null;
            if (nearest != null) {
                throw unknown(variable, "in the environment", nearest);
            }
            if (name != null) { // otherwise it is of another program
                values.put(name, new Value(text, variable));
            }
        });
    }

    private static RequestException unknown(String name, String where, @Nullable String nearest) {
        String hint = nearest == null ? "" : "; did you mean '" + nearest + "'?";
        return RequestException.invalid(name, "there is no setting '%s' (%s)%s".formatted(name, where, hint));
    }

    private static String variable(String name) {
        return PREFIX + name.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    static String name(OptionSpec option) {
        return option.longestName().replaceFirst("^--?", "");
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        Value value = argument instanceof OptionSpec option ? values.get(name(option)) : null;
        return value == null ? null : value.text();
    }

    @Override
    public @Nullable String source(OptionSpec option) {
        Value value = values.get(name(option));
        return value == null ? null : value.source();
    }
}
