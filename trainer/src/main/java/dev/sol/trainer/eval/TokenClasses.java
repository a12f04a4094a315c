package dev.sol.trainer.eval;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Kinds of tokens, by how often they are in a text and by how they are written: to tell which were given more.
 *
 * <ul>
 *   <li>{@code frequency}: {@code common} are the most frequent tokens that make up half of the text, {@code medium} those that make up
 *       the next 40 %, {@code rare} the others
 *   <li>{@code form}: {@code word start} (after a space or a line break), {@code word part}, {@code number}, {@code punctuation},
 *       {@code space}
 * </ul>
 */
final class TokenClasses {
    private static final double COMMON = .5;
    private static final double MEDIUM = .9;

    private final IntFunction<String> text;
    private final Map<Integer, String> frequency = new HashMap<>();
    private final Map<Integer, String> forms = new HashMap<>();

    /**
     * Counts.
     *
     * @param text of a token
     * @param windows of tokens
     */
    TokenClasses(IntFunction<String> text, List<int[]> windows) {
        this.text = text;
        Map<Integer, Integer> counts = new HashMap<>();
        int all = 0;
        for (int[] window : windows) {
            for (int token : window) {
                counts.merge(token, 1, Integer::sum);
                all++;
            }
        }
        List<Map.Entry<Integer, Integer>> sorted = counts.entrySet().stream()
                .sorted(Map.Entry.<Integer, Integer>comparingByValue()
                        .reversed()
                        .thenComparing(Map.Entry.comparingByKey()))
                .toList();
        long before = 0;
        for (Map.Entry<Integer, Integer> entry : sorted) {
            double share = (double) before / all;
            frequency.put(entry.getKey(), share < COMMON ? "common" : share < MEDIUM ? "medium" : "rare");
            before += entry.getValue();
        }
    }

    /** The class of a token that was counted. */
    String frequency(int token) {
        return frequency.getOrDefault(token, "rare");
    }

    /** The class of a token. */
    String form(int token) {
        return forms.computeIfAbsent(token, key -> formOf(text.apply(key)));
    }

    static String formOf(String piece) {
        if (piece.isBlank()) {
            return "space";
        }
        String rest = piece.strip();
        if (rest.codePoints().anyMatch(Character::isLetter)) {
            return Character.isWhitespace(piece.codePointAt(0)) ? "word start" : "word part";
        }
        return rest.codePoints().anyMatch(Character::isDigit) ? "number" : "punctuation";
    }
}
