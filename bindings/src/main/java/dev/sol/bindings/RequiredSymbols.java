package dev.sol.bindings;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.SymbolLookup;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The symbols that the generated code looks up, one by one and late. They are checked here all at once and early, so that a
 * library of another version fails at the start with a list rather than in the middle of a request.
 */
final class RequiredSymbols {
    private static final String FUNCTION = "--include-function ";

    private RequiredSymbols() {}

    /** The functions of {@code includes.txt}, from which the generated code is made. */
    static List<String> names() {
        try (InputStream in = RequiredSymbols.class.getResourceAsStream("includes.txt")) {
            if (in == null) {
                throw new IllegalStateException("this jar has no dev/sol/bindings/includes.txt");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith(FUNCTION))
                    .map(line -> line.substring(FUNCTION.length()).strip())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * @param library the library and its version, for the message
     * @throws NativeLibraryException naming every symbol that the lookup does not find
     */
    static void check(List<String> names, SymbolLookup lookup, String library) {
        List<String> missing =
                names.stream().filter(name -> lookup.find(name).isEmpty()).toList();
        if (!missing.isEmpty()) {
            throw new NativeLibraryException(
                    "The native library " + library + " lacks " + String.join(", ", missing)
                            + ". It was built from other sources than these Java classes: build the module native-llama again.");
        }
    }
}
