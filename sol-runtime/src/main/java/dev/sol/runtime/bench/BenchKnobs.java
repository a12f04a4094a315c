package dev.sol.runtime.bench;

import dev.sol.runtime.AttentionCriterion;
import dev.sol.runtime.DroppedPages;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.KvType;
import dev.sol.runtime.RequestException;
import java.util.Arrays;
import picocli.CommandLine.Option;

/** The options that say what the knobs of the measured steps mean, and what they attend to. A picocli mixin. */
final class BenchKnobs {
    @Option(
            names = "--criterion",
            paramLabel = "NAME",
            defaultValue = "recency",
            description = "How attended positions are chosen: recency, quest or mean. Default: ${DEFAULT-VALUE}.")
    private String criterion = "";

    @Option(names = "--tail", description = "Dropped pages stand in by their means; with quest and mean.")
    private boolean tail;

    @Option(
            names = "--page",
            paramLabel = "N",
            defaultValue = "16",
            description = "Positions in a page, with quest and mean. Default: ${DEFAULT-VALUE}.")
    private int page;

    @Option(
            names = "--group",
            paramLabel = "N",
            defaultValue = "8",
            description = "Neurons in a unit of the MLP: 1, 8 or 32. Default: ${DEFAULT-VALUE}.")
    private int group;

    @Option(
            names = "--kv-type",
            paramLabel = "TYPE",
            defaultValue = "f16",
            description = "Keys and values of both: f16 or q8_0. Default: ${DEFAULT-VALUE}.")
    private String kvType = "";

    /** @throws RequestException if an option is wrong */
    KnobOptions knobs() {
        AttentionCriterion attention = switch (criterion) {
            case "recency" -> AttentionCriterion.RECENCY;
            case "quest" -> AttentionCriterion.QUEST;
            case "mean" -> AttentionCriterion.MEAN;
            default -> throw unknown("criterion", criterion, "recency, quest, mean");
        };
        return KnobOptions.DEFAULT
                .withAttention(attention)
                .withPage(page)
                .withDropped(tail ? DroppedPages.TAIL : DroppedPages.NONE)
                .withGroup(group);
    }

    /** @throws RequestException if there is no such type */
    KvType kvType() {
        return Arrays.stream(KvType.values())
                .filter(each -> each.key().equals(kvType))
                .findFirst()
                .orElseThrow(() -> unknown("kv-type", kvType, "f16, q8_0"));
    }

    private static RequestException unknown(String option, String value, String known) {
        return RequestException.invalid(option, "--%s has no '%s'; there are: %s".formatted(option, value, known));
    }
}
