package dev.sol.runtime.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.engine.CompletionEngine;
import dev.sol.runtime.engine.CompletionHandle;
import dev.sol.runtime.engine.CompletionListener;
import dev.sol.runtime.engine.CompletionRequest;
import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.openai.CompletionCall;
import dev.sol.runtime.openai.CompletionJson;
import dev.sol.runtime.openai.CompletionParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code sol generate}: completes one prompt without HTTP. The options become the body of a {@code POST /v1/completions}, so
 * both accept the same and mean the same.
 */
@picocli.CommandLine.Command(
        name = "generate",
        description = "Completes a prompt.%n",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        usageHelpAutoWidth = true)
public final class GenerateCommand implements Callable<Integer> {
    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            required = true,
            description = "What to continue; -: read it from standard input.")
    private String prompt = "";

    @Option(names = "--json", description = "Print what the HTTP API would answer, rather than the text as it comes.")
    private boolean json;

    @Mixin
    private RequestOptions request = new RequestOptions();

    @Mixin
    private EngineOptions engine = new EngineOptions();

    @Spec
    private @Nullable CommandSpec spec;

    /** For picocli, which fills in the options. */
    public GenerateCommand() {}

    /** Runs the command with the arguments of a process, and ends it. */
    public static void main(String... arguments) {
        Command.main(new GenerateCommand(), arguments);
    }

    @Override
    public Integer call() throws IOException {
        CommandSpec command = Objects.requireNonNull(spec, "set by picocli");
        PrintWriter out = command.commandLine().getOut();
        PrintWriter err = command.commandLine().getErr();

        ObjectNode body = request.body(PromptText.of(prompt, System.in));
        KnobOptions knobs = engine.contextOptions().knobs();
        CompletionParser parser = new CompletionParser(engine.modelId(), request.policies(engine.model(), knobs));
        CompletionCall call = parser.parse(body);
        CompletionRequest completion = call.request();

        try (CompletionEngine running = engine.open(1, err)) {
            CompletionHandle handle =
                    running.submit(completion, json ? CompletionListener.NONE : text -> show(text, out));
            try (Interruption _ = Interruption.of(handle::cancel)) {
                CompletionResult result = handle.result().join();
                if (json) {
                    out.println(CompletionJson.create(engine.modelId(), call).whole(List.of(result)));
                } else {
                    Summary.print(result, completion.isBudgeted(), out, err);
                }
            } catch (CompletionException e) {
                throw e.getCause() instanceof RuntimeException failure ? failure : e;
            }
        }
        return ExitCode.OK;
    }

    /** Throws when nobody reads any more, which cancels the completion. */
    private static void show(String text, PrintWriter out) {
        out.print(text);
        if (out.checkError()) { // flushes
            throw new IllegalStateException("the output was closed");
        }
    }
}
