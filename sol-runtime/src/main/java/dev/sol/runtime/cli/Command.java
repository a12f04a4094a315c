package dev.sol.runtime.cli;

import dev.sol.runtime.ModelException;
import dev.sol.runtime.RequestException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.lang.module.ModuleDescriptor;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Runs a picocli command the way all commands of SOL run: text is UTF-8 whatever the locale, and a failure is one line on the
 * standard error stream. The system property {@code sol.debug} adds the stack trace.
 *
 * <p>The exit code is 0, 2 for wrong arguments and input (a model file that cannot be used included), or 1 for other failures;
 * the system makes it 130 when Ctrl-C ends the process.
 */
public final class Command {
    private static final String DEBUG_PROPERTY = "sol.debug";
    private static final String SLF4J_VERBOSITY = "slf4j.internal.verbosity";

    private Command() {}

    /** Runs {@code command} and ends the process. The command must not return while it still has work to do. */
    @SuppressWarnings("SystemExitOutsideMain") // what mains call
    public static void main(Object command, String... arguments) {
        if (System.getProperty(SLF4J_VERBOSITY) == null) {
            System.setProperty(SLF4J_VERBOSITY, "ERROR"); // a missing logging back end is none of the user's business
        }
        PrintWriter out = writer(new FileOutputStream(FileDescriptor.out));
        PrintWriter err = writer(new FileOutputStream(FileDescriptor.err));
        System.exit(run(command, out, err, arguments));
    }

    /**
     * Runs {@code command} within this process.
     *
     * @param command with picocli's annotations; a {@code Callable<Integer>}
     * @param out for what the command prints
     * @param err for failures
     * @return the exit code
     */
    public static int run(Object command, PrintWriter out, PrintWriter err, String... arguments) {
        CommandLine parser = new CommandLine(command);
        parser.getCommandSpec().versionProvider(Command::version);
        parser.getCommandSpec().usageMessage().abbreviateSynopsis(true);
        parser.setOut(out).setErr(err);
        int code;
        try {
            if (command instanceof Configurable configurable) {
                parser.setDefaultValueProvider(configurable.defaults(parser.getCommandSpec(), arguments));
            }
            code = execute(parser, arguments);
        } catch (RequestException e) { // in what the defaults were read from
            report(parser, e.getMessage(), e);
            code = ExitCode.USAGE;
        }
        out.flush();
        err.flush();
        return code;
    }

    private static int execute(CommandLine parser, String... arguments) {
        return parser.setParameterExceptionHandler((failure, _) -> usage(failure))
                .setExecutionExceptionHandler((failure, line, _) -> failed(failure, line))
                .execute(arguments);
    }

    /** The module's, where there are modules. */
    private static String[] version() {
        ModuleDescriptor module = Command.class.getModule().getDescriptor();
        String version = module == null ? "" : module.rawVersion().orElse("");
        return new String[] {("SOL for Java " + version).strip()};
    }

    private static int usage(ParameterException failure) {
        CommandLine line = failure.getCommandLine();
        report(line, failure.getMessage() + source(failure), failure);
        line.getErr().println("Try: " + line.getCommandName() + " --help");
        return ExitCode.USAGE;
    }

    private static int failed(Exception failure, CommandLine line) {
        report(line, failure.getMessage(), failure);
        return failure instanceof RequestException || failure instanceof ModelException
                ? ExitCode.USAGE
                : ExitCode.SOFTWARE;
    }

    /** Of a value that is not on the command line. */
    private static String source(ParameterException failure) {
        if (failure.getCommandLine().getDefaultValueProvider() instanceof Configurable.Defaults defaults
                && failure.getArgSpec() instanceof OptionSpec option) {
            String source = defaults.source(option);
            return source == null ? "" : " (from " + source + ")";
        }
        return "";
    }

    private static void report(CommandLine line, @Nullable String text, Exception failure) {
        String message = text == null ? failure.toString() : text;
        line.getErr().println(line.getCommandName() + ": " + message.replaceAll("\\s*\\R\\s*", " "));
        if (System.getProperty(DEBUG_PROPERTY) != null) {
            failure.printStackTrace(line.getErr());
        }
    }

    private static PrintWriter writer(OutputStream stream) {
        return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
    }
}
