package dev.sol.trainer.report;

import dev.sol.policy.io.AtomicFile;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.cli.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sol report}: one page of a folder that {@code sol eval --out} wrote. */
@picocli.CommandLine.Command(
        name = "report",
        description =
                "Makes one self-contained HTML page, with tables and figures, of a folder that eval --out wrote.%n",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class ReportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FOLDER", description = "The result folder.")
    private Path folder = Path.of("");

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Where the page goes. Default: report.html in the folder.")
    private @Nullable Path out;

    @Option(names = "--figures", paramLabel = "FOLDER", description = "Also write each figure as an SVG file here.")
    private @Nullable Path figures;

    @Option(
            names = "--markdown",
            paramLabel = "FILE",
            description = "Also write the tables as Markdown: a row for each budget, a column for each baseline.")
    private @Nullable Path markdown;

    @Spec
    private @Nullable CommandSpec spec;

    /** For picocli, which fills in the options. */
    public ReportCommand() {}

    /** Runs the command with the arguments of a process, and ends it. */
    public static void main(String... arguments) {
        System.setProperty("java.awt.headless", "true"); // fonts are measured, nothing is shown
        Command.main(new ReportCommand(), arguments);
    }

    @Override
    public Integer call() {
        ResultFolder results = ResultFolder.read(folder);
        Map<String, Figure> all = Figures.of(results);
        Path page = out == null ? folder.resolve("report.html") : out;
        write(page, Page.html(results, all.values()));
        if (figures != null) {
            for (Map.Entry<String, Figure> figure : all.entrySet()) {
                write(
                        figures.resolve(figure.getKey() + ".svg"),
                        figure.getValue().file());
            }
        }
        if (markdown != null) {
            write(markdown, MarkdownTables.of(results));
        }
        Objects.requireNonNull(spec, "set by picocli")
                .commandLine()
                .getOut()
                .println(page + ": " + all.size() + " figures");
        return ExitCode.OK;
    }

    private static void write(Path file, String text) {
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw RequestException.invalid("out", "cannot write " + file + ": " + e);
        }
    }
}
