package dev.sol.trainer.eval;

import dev.sol.runtime.AttentionCriterion;
import dev.sol.runtime.DroppedPages;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.MlpCriterion;
import dev.sol.runtime.RequestException;
import java.util.List;

/**
 * One meaning of all knobs.
 *
 * @param name for people
 * @param knobs how contexts are made
 */
record Family(String name, KnobOptions knobs) {

    /**
     * The families of {@code --knobs}.
     *
     * @param choice {@code given}, {@code paper}, {@code ours}, {@code both}
     * @param given what the other options say; page size, forced positions and who chooses pages hold for all
     */
    static List<Family> of(String choice, KnobOptions given) {
        return switch (choice) {
            case "given" -> List.of(new Family("given", given));
            case "paper" -> List.of(paper(given));
            case "ours" -> List.of(ours(given));
            case "both" -> List.of(paper(given), ours(given));
            default ->
                throw RequestException.invalid(
                        "knobs", "--knobs has no '%s'; there are: given, paper, ours, both".formatted(choice));
        };
    }

    private static Family paper(KnobOptions given) {
        return new Family(
                "paper",
                given.withDropped(DroppedPages.NONE)
                        .withAttention(AttentionCriterion.QUEST)
                        .withMlp(MlpCriterion.CHANNEL));
    }

    private static Family ours(KnobOptions given) {
        return new Family(
                "ours",
                given.withAttention(AttentionCriterion.MEAN)
                        .withDropped(DroppedPages.TAIL)
                        .withMlp(MlpCriterion.NEURON));
    }
}
