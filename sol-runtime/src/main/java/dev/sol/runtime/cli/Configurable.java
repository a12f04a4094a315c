package dev.sol.runtime.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** A command whose options have values elsewhere than on the command line, too. */
public interface Configurable {
    /** Those values. */
    interface Defaults extends IDefaultValueProvider {
        /** Where the value of an option comes from; null: there is none but the option's own default. */
        @Nullable String source(OptionSpec option);
    }

    /**
     * Reads them, before the command line is taken apart.
     *
     * @param options of the command
     * @param arguments on the command line
     * @throws dev.sol.runtime.RequestException if they cannot be used
     */
    Defaults defaults(CommandSpec options, String... arguments);
}
