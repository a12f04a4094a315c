package dev.sol.trainer.knobs;

import dev.sol.policy.Axis;
import dev.sol.runtime.AttentionChoice;
import dev.sol.runtime.AttentionCriterion;
import dev.sol.runtime.BitsSite;
import dev.sol.runtime.DroppedPages;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.MlpCriterion;
import dev.sol.runtime.RequestException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Everything that can be measured, and the part that is wanted.
 *
 * @param cells by knob, then by configuration; only the wanted ones
 */
record Grid(List<Cell> cells) {
    private static final Map<AttentionChoice, String> CHOICES = new TreeMap<>(Map.of(
            AttentionChoice.PER_KV_HEAD, "kv",
            AttentionChoice.PER_QUERY_HEAD, "query",
            AttentionChoice.SHARED, "shared"));

    /**
     * Every meaning of every knob, for a value each.
     *
     * @param page positions in a page
     * @param attn values of κ
     * @param mlp values of ρ
     * @param bits values of b
     * @param only what a cell's id must match somewhere
     * @throws RequestException if a value is out of range, or nothing matches
     */
    static Grid of(int page, double[] attn, double[] mlp, int[] bits, Pattern only) {
        List<Cell> cells = new ArrayList<>();
        add(cells, attention(KnobOptions.DEFAULT.withPage(page)), attn);
        add(cells, mlp(), mlp);
        add(cells, bits(), Arrays.stream(bits).asDoubleStream().toArray());
        List<Cell> wanted =
                cells.stream().filter(cell -> only.matcher(cell.id()).find()).toList();
        if (wanted.isEmpty()) {
            throw RequestException.invalid(
                    "only",
                    "--only %s matches nothing; what there is has names such as %s"
                            .formatted(
                                    only,
                                    cells.isEmpty()
                                            ? "attn/quest/tail/kv/0.25"
                                            : cells.getFirst().id()));
        }
        return new Grid(wanted);
    }

    private static void add(List<Cell> cells, List<Configuration> configurations, double[] values) {
        for (Configuration configuration : configurations) {
            for (double value : Arrays.stream(values).distinct().toArray()) {
                cells.add(checked(configuration, value));
            }
        }
    }

    private static Cell checked(Configuration configuration, double value) {
        try {
            configuration.action(value);
        } catch (IllegalArgumentException e) {
            String option = configuration.axis().key();
            throw RequestException.invalid(option, "--" + option + ": " + e.getMessage());
        }
        return new Cell(configuration, value);
    }

    private static List<Configuration> attention(KnobOptions knobs) {
        List<Configuration> all = new ArrayList<>();
        all.add(new Configuration(Axis.ATTN, "attn/recency", knobs));
        for (AttentionCriterion criterion : List.of(AttentionCriterion.QUEST, AttentionCriterion.MEAN)) {
            for (DroppedPages dropped : DroppedPages.values()) {
                CHOICES.forEach((choice, choiceName) -> all.add(new Configuration(
                        Axis.ATTN,
                        String.join("/", "attn", lower(criterion), lower(dropped), choiceName),
                        knobs.withAttention(criterion).withDropped(dropped).withChoice(choice))));
            }
        }
        return all;
    }

    private static List<Configuration> mlp() {
        List<Configuration> all = new ArrayList<>();
        all.add(new Configuration(Axis.MLP, "mlp/channel", KnobOptions.DEFAULT.withMlp(MlpCriterion.CHANNEL)));
        for (int group : new int[] {1, 8, 32}) {
            all.add(new Configuration(
                    Axis.MLP,
                    "mlp/neuron:" + group,
                    KnobOptions.DEFAULT.withMlp(MlpCriterion.NEURON).withGroup(group)));
        }
        return all;
    }

    private static List<Configuration> bits() {
        return Arrays.stream(BitsSite.values())
                .map(site ->
                        new Configuration(Axis.BITS, "bits/" + lower(site), KnobOptions.DEFAULT.withBitsSite(site)))
                .toList();
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(java.util.Locale.ROOT);
    }

    /** The cells of one knob. */
    List<Cell> of(Axis axis) {
        return cells.stream()
                .filter(cell -> cell.configuration().axis() == axis)
                .toList();
    }
}
