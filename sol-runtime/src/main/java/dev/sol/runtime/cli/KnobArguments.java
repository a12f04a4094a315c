package dev.sol.runtime.cli;

import dev.sol.runtime.AttentionChoice;
import dev.sol.runtime.AttentionCriterion;
import dev.sol.runtime.BitsSite;
import dev.sol.runtime.DroppedPages;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.MlpCriterion;
import dev.sol.runtime.MlpGate;
import dev.sol.runtime.RequestException;
import picocli.CommandLine.Option;

/** The options that say what the knobs mean: how what a token spares is chosen. A picocli mixin. */
public final class KnobArguments {
    @Option(
            names = "--attn-criterion",
            paramLabel = "NAME",
            defaultValue = "recency",
            description = "How attended positions are chosen: recency, or the best pages by quest (upper bound of q·k)"
                    + " or mean (q·mean key). Default: ${DEFAULT-VALUE}.")
    private String attention = "";

    @Option(
            names = "--attn-sinks",
            paramLabel = "N",
            defaultValue = "4",
            description = "The first N positions are always attended. Default: ${DEFAULT-VALUE}.")
    private int sinks;

    @Option(
            names = "--attn-window",
            paramLabel = "N",
            defaultValue = "2",
            description = "So are the N newest before the token. Default: ${DEFAULT-VALUE}.")
    private int window;

    @Option(
            names = {"--attn-page", "--page"},
            paramLabel = "N",
            defaultValue = "16",
            description = "Positions in a page, up to " + KnobOptions.MAX_PAGE
                    + "; recency has no pages. Default: ${DEFAULT-VALUE}.")
    private int page;

    @Option(
            names = "--attn-choice",
            paramLabel = "NAME",
            defaultValue = "kv",
            description =
                    "Who chooses pages: the query heads of a KV head together (kv), each query head (query), or all"
                            + " heads of a layer together (shared). Default: ${DEFAULT-VALUE}.")
    private String choice = "";

    @Option(
            names = "--attn-dropped",
            paramLabel = "NAME",
            defaultValue = "none",
            description = "What stands in for a dropped page: none, or its mean key and value (tail)."
                    + " Default: ${DEFAULT-VALUE}.")
    private String dropped = "";

    @Option(
            names = "--mlp-criterion",
            paramLabel = "NAME",
            defaultValue = "neuron",
            description =
                    "How MLP units are chosen: neuron, in groups of 1, 8 or 32 (neuron:8), or channel, of the MLP's"
                            + " input. Default: ${DEFAULT-VALUE}.")
    private String mlp = "";

    @Option(
            names = "--bits-site",
            paramLabel = "NAME",
            defaultValue = "output",
            description = "What the bits round: the output or the input of MLPs. Default: ${DEFAULT-VALUE}.")
    private String bitsSite = "";

    /** For picocli, which fills in the options. */
    public KnobArguments() {}

    /**
     * What the knobs are to mean.
     *
     * @throws RequestException if an option is wrong
     */
    public KnobOptions knobs() {
        return new KnobOptions(
                attention(),
                sinks,
                window,
                page,
                choice(),
                dropped(),
                mlp.equals("channel") ? MlpCriterion.CHANNEL : MlpCriterion.NEURON,
                group(),
                MlpGate.EXACT,
                bitsSite());
    }

    private AttentionCriterion attention() {
        return switch (attention) {
            case "recency" -> AttentionCriterion.RECENCY;
            case "quest" -> AttentionCriterion.QUEST;
            case "mean" -> AttentionCriterion.MEAN;
            default -> throw unknown("attn-criterion", attention, "recency, quest, mean");
        };
    }

    private AttentionChoice choice() {
        return switch (choice) {
            case "kv" -> AttentionChoice.PER_KV_HEAD;
            case "query" -> AttentionChoice.PER_QUERY_HEAD;
            case "shared" -> AttentionChoice.SHARED;
            default -> throw unknown("attn-choice", choice, "kv, query, shared");
        };
    }

    private DroppedPages dropped() {
        return switch (dropped) {
            case "none" -> DroppedPages.NONE;
            case "tail" -> DroppedPages.TAIL;
            default -> throw unknown("attn-dropped", dropped, "none, tail");
        };
    }

    private int group() {
        return switch (mlp) {
            case "neuron", "channel" -> KnobOptions.DEFAULT.group();
            case "neuron:1" -> 1;
            case "neuron:8" -> 8;
            case "neuron:32" -> 32;
            default -> throw unknown("mlp-criterion", mlp, "neuron, neuron:1, neuron:8, neuron:32, channel");
        };
    }

    private BitsSite bitsSite() {
        return switch (bitsSite) {
            case "output" -> BitsSite.OUTPUT;
            case "input" -> BitsSite.INPUT;
            default -> throw unknown("bits-site", bitsSite, "output, input");
        };
    }

    static RequestException unknown(String option, String value, String known) {
        return RequestException.invalid(option, "--%s has no '%s'; there are: %s".formatted(option, value, known));
    }
}
