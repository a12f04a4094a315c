package dev.sol.trainer.prepare;

import dev.sol.trainer.prepare.LayerPlan.Choice;
import dev.sol.trainer.prepare.LayerPlan.Measure;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** What plans are worth, as a table: the share of the neurons' squared contributions that is kept, on the held-out tokens. */
final class Report {
    private static final int[] GROUPS = {1, NeuronOrder.SMALL, NeuronOrder.LARGE};

    private Report() {}

    /** The mean over the layers. */
    static String of(List<LayerPlan> plans) {
        StringBuilder head = new StringBuilder("%-30s".formatted(""));
        for (double share : GroupSearch.SHARES) {
            head.append("ρ = %-8s".formatted(share));
        }
        StringBuilder out = new StringBuilder(
                        "\nshare of the squared contributions of neurons that is kept, %d layers\n"
                                .formatted(plans.size()))
                .append(head.toString().stripTrailing())
                .append('\n');
        for (Choice choice : Choice.values()) {
            for (int group : GROUPS) {
                row(out, plans, choice, group);
            }
        }
        return out.toString();
    }

    private static void row(StringBuilder out, List<LayerPlan> plans, Choice choice, int group) {
        if (choice == Choice.ORDERED && group == 1) {
            return; // the order does not matter
        }
        StringBuilder cells = new StringBuilder();
        for (double share : GroupSearch.SHARES) {
            OptionalDouble mean = mean(plans, new Measure(choice, group, share));
            if (mean.isEmpty()) {
                return;
            }
            cells.append(String.format(Locale.ROOT, "%-12.4f", mean.getAsDouble()));
        }
        String label = "%s, g = %d".formatted(choice.label(), group);
        out.append("%-30s%s\n".formatted(label, cells.toString().stripTrailing()));
    }

    private static OptionalDouble mean(List<LayerPlan> plans, Measure measure) {
        return plans.stream()
                .filter(plan -> plan.kept().containsKey(measure))
                .mapToDouble(plan -> plan.kept().getOrDefault(measure, 0.0))
                .average();
    }
}
