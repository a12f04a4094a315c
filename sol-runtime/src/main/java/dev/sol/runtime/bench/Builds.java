package dev.sol.runtime.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sol.bindings.Sol;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is compared.
 *
 * @param ours source, compiler and flags of our library
 * @param stock source and compiler of stock's
 * @param stockCpu what stock llama.cpp uses of the CPU
 */
record Builds(String ours, String stock, String stockCpu) {
    private static final String PROPERTIES = "native.properties";

    static Builds of(Path program, StockProcess stock) {
        return new Builds(ours(Sol.buildInfo()), stockBuild(program), stock.system());
    }

    /** @param info JSON; what is none stays as it is */
    static String ours(String info) {
        try {
            JsonNode json = new ObjectMapper().readTree(info);
            return Stream.of("source", "cpu", "compiler", "flags")
                    .map(field -> json.path(field).asText())
                    .filter(text -> !text.isEmpty())
                    .collect(Collectors.joining(", "));
        } catch (JsonProcessingException e) {
            return info;
        }
    }

    /** Said by a file that lies beside the program. */
    private static String stockBuild(Path program) {
        Properties properties = new Properties();
        try (Reader in = Files.newBufferedReader(program.toRealPath().resolveSibling(PROPERTIES))) {
            properties.load(in);
        } catch (IOException e) {
            return "unknown: " + e;
        }
        return properties.getProperty("build", "unknown");
    }
}
