package dev.sol.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** Prints the values that options have, but for secrets, as a configuration file; and where they come from, on the error stream. */
final class ConfigPrinter {
    private static final Set<String> SECRET = Set.of("api-key");
    private static final Set<String> LEFT_OUT = Set.of("help", "version", "print-config", Settings.CONFIG);

    private ConfigPrinter() {}

    static void print(ParseResult parsed, Settings settings, PrintWriter out, PrintWriter err)
            throws JsonProcessingException {
        ObjectNode config = JsonNodeFactory.instance.objectNode();
        for (OptionSpec option : parsed.commandSpec().options()) {
            String name = Settings.name(option);
            Object value = option.getValue();
            if (LEFT_OUT.contains(name) || value == null) {
                continue;
            }
            if (!SECRET.contains(name)) {
                put(config, name, value);
            }
            String source = parsed.hasMatchedOption(option) ? "the command line" : settings.source(option);
            if (source != null) {
                err.println("%s: from %s".formatted(name, source));
            }
        }
        out.println(
                JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(config));
    }

    private static void put(ObjectNode config, String name, @Nullable Object value) {
        switch (value) {
            case null -> config.putNull(name);
            case Boolean flag -> config.put(name, flag);
            case Integer number -> config.put(name, number);
            case Long number -> config.put(name, number);
            case Double number -> config.put(name, number);
            case Collection<?> many -> {
                ArrayNode array = config.putArray(name);
                many.forEach(item -> array.add(String.valueOf(item)));
            }
            default -> config.put(name, value.toString());
        }
    }
}
