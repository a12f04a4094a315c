package dev.sol.runtime.cli;

import dev.sol.runtime.KvType;
import dev.sol.runtime.RequestException;
import picocli.CommandLine.Option;

/** The option for the type of the KV cache. A picocli mixin. */
public final class KvTypeArgument {
    @Option(
            names = "--kv-type",
            paramLabel = "NAME",
            defaultValue = "f16",
            description = "The type of keys and values: f16, or q8_0, which takes half the memory."
                    + " Default: ${DEFAULT-VALUE}.")
    private String kvType = "";

    /** For picocli, which fills in the option. */
    public KvTypeArgument() {}

    /**
     * The type.
     *
     * @throws RequestException if there is no such type
     */
    public KvType kvType() {
        return switch (kvType) {
            case "f16" -> KvType.F16;
            case "q8_0" -> KvType.Q8_0;
            default -> throw KnobArguments.unknown("kv-type", kvType, "f16, q8_0");
        };
    }
}
