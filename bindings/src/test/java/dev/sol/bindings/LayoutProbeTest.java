package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares the generated layouts, constants and functions with what a C compiler makes of sol.h and llama.h. The probe is written
 * from {@code includes.txt}, so it covers all that is bound, and a header that changed is noticed without a jextract.
 *
 * <p>Needs a C compiler ({@code $CC}, cc, gcc or clang) and the llama.cpp source, which native-llama prints or the system property
 * {@code dev.sol.llama.source} names.
 */
@Tag("native")
class LayoutProbeTest {
    private static final Path NATIVE_LLAMA = Path.of("..", "native-llama");

    private static final Path GENERATED = Path.of("src/main/java/dev/sol/bindings/gen/SolNative.java");

    @TempDir
    Path folder;

    @Test
    void javaAndCAgreeOnAllThatIsBound() throws Exception {
        List<String> structs = included("--include-struct ");
        List<String> constants = included("--include-constant ");
        assertThat(structs).contains("sol_batch", "sol_knobs", "sol_usage", "llama_logit_bias");
        assertThat(constants).contains("SOL_API_VERSION", "SOL_CANCELLED", "LLAMA_TOKEN_NULL");

        List<String> java = new ArrayList<>();
        StringBuilder c = new StringBuilder("""
                #include "sol.h"
                #include <stddef.h>
                #include <stdio.h>
                #define STRUCT(s) printf("struct %s: %zu bytes, aligned to %zu\\n", #s, sizeof(struct s), _Alignof(struct s))
                #define FIELD(s, f) printf("%s.%s: %zu bytes at %zu\\n", #s, #f, sizeof(((struct s *) 0)->f), offsetof(struct s, f))
                #define CONSTANT(c) printf("%s: %d\\n", #c, (int) (c))
                int main(void) {
                """);
        for (String struct : structs) {
            GroupLayout layout = layout(struct);
            c.append("STRUCT(%s);\n".formatted(struct));
            java.add("struct %s: %d bytes, aligned to %d".formatted(struct, layout.byteSize(), layout.byteAlignment()));
            for (MemoryLayout member : layout.memberLayouts()) {
                if (member.name().isPresent()) { // padding has no name
                    String field = member.name().get();
                    c.append("FIELD(%s, %s);\n".formatted(struct, field));
                    java.add("%s.%s: %d bytes at %d"
                            .formatted(
                                    struct,
                                    field,
                                    member.byteSize(),
                                    layout.byteOffset(PathElement.groupElement(field))));
                }
            }
        }
        for (String constant : constants) {
            c.append("CONSTANT(%s);\n".formatted(constant));
            java.add("%s: %d".formatted(constant, constant(constant)));
        }
        c.append("return 0;\n}\n");
        // C accepts a second declaration of a function only if it says the same.
        for (String function : RequiredSymbols.names()) {
            c.append(declaration(function)).append(";\n");
        }

        assertThat(run(compile(c.toString())).lines()).containsExactlyElementsOf(java);
    }

    /** The C declaration of which jextract made {@code function}, from the comment in its code. */
    private static String declaration(String function) throws IOException {
        Matcher snippet = Pattern.compile("\\{@snippet lang=c :\\R +\\* (.*\\b" + function + "\\(.*\\))\\R")
                .matcher(Files.readString(GENERATED));
        assertThat(snippet.find()).as(function).isTrue();
        return snippet.group(1);
    }

    private Path compile(String code) throws IOException, InterruptedException {
        Path source = Files.writeString(folder.resolve("probe.c"), code);
        Path program = folder.resolve("probe");
        Path llama = llamaSource();
        run(
                Path.of(compiler()),
                "-std=c11",
                "-Wall",
                "-Werror",
                "-I" + NATIVE_LLAMA.resolve("include"),
                "-I" + llama.resolve("include"),
                "-I" + llama.resolve("ggml/include"),
                "-o",
                program.toString(),
                source.toString());
        return program;
    }

    private static String compiler() {
        return Stream.of(Optional.ofNullable(System.getenv("CC")).orElse(""), "cc", "gcc", "clang")
                .filter(name -> !name.isBlank() && onPath(name))
                .findFirst()
                .orElseGet(() ->
                        Assumptions.abort("there is no C compiler: neither $CC nor cc, gcc or clang on the PATH"));
    }

    private static boolean onPath(String name) {
        return Stream.of(Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory).resolve(name)));
    }

    private static Path llamaSource() throws IOException, InterruptedException {
        String property = System.getProperty("dev.sol.llama.source");
        if (property != null) {
            return Path.of(property);
        }
        Path script = NATIVE_LLAMA.resolve("build.sh");
        Assumptions.assumeTrue(
                Files.isExecutable(script), "no llama.cpp source: neither -Ddev.sol.llama.source nor " + script);
        return Path.of(run(script, "source").strip());
    }

    /** Runs a program and returns what it printed; its messages are shown when it fails. */
    private static String run(Path program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        Path messages = Files.createTempFile("probe", ".log");
        try {
            Process process =
                    new ProcessBuilder(command).redirectError(messages.toFile()).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor())
                    .as("%s%n%s", command, Files.readString(messages))
                    .isZero();
            return output;
        } finally {
            Files.delete(messages);
        }
    }

    private static List<String> included(String option) throws IOException {
        try (InputStream in = LayoutProbeTest.class.getResourceAsStream("includes.txt")) {
            assertThat(in).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> line.startsWith(option))
                    .map(line -> line.substring(option.length()).strip())
                    .toList();
        }
    }

    private static GroupLayout layout(String struct) throws ReflectiveOperationException {
        return (GroupLayout) Class.forName("dev.sol.bindings.gen." + struct)
                .getMethod("layout")
                .invoke(null);
    }

    private static int constant(String name) throws ReflectiveOperationException {
        return (int)
                Class.forName("dev.sol.bindings.gen.SolNative").getMethod(name).invoke(null);
    }
}
