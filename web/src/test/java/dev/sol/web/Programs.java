package dev.sol.web;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Programs that tests run: clients in other languages, and what drives a browser. */
final class Programs {
    private static final int PATIENCE_MINUTES = 8;

    private Programs() {}

    /**
     * What came of one.
     *
     * @param code −1 without such a program, or if it took too long
     * @param output all that it printed
     */
    record Outcome(int code, String output) {}

    /** Runs one in a folder, where its output stays, too. */
    static Outcome run(Path folder, Map<String, String> environment, List<String> command)
            throws IOException, InterruptedException {
        File output = folder.resolve("output.txt").toFile();
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output);
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) { // there is no such program
            return new Outcome(-1, String.valueOf(e.getMessage()));
        }
        if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            return new Outcome(-1, "took too long: " + Files.readString(output.toPath()));
        }
        return new Outcome(process.exitValue(), Files.readString(output.toPath()));
    }

    /** Copies a package for Node into a folder, and installs there what it needs. False where npm cannot. */
    static boolean install(Path source, Path folder) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        try (Stream<Path> files = Files.list(source)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.write(folder.resolve(file.getFileName()), Files.readAllBytes(file));
            }
        }
        return run(folder, Map.of(), List.of("npm", "ci", "--ignore-scripts")).code == 0;
    }
}
