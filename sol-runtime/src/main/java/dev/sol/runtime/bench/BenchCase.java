package dev.sol.runtime.bench;

import dev.sol.policy.Action;
import dev.sol.runtime.RequestException;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is compared: a whole decode step with knobs, or the FFN's part of it.
 *
 * @param name as the user writes it: {@code dense@0}, {@code attn.25+mlp.5@4096}, {@code ffn.5}; a {@code p} behind a share of the
 *     MLP: units chosen by predicted gates
 * @param kind what is timed
 * @param action the knobs of ours
 * @param predicted whether units are chosen by predicted gates
 * @param depth positions in the KV cache
 */
record BenchCase(String name, Kind kind, Action action, boolean predicted, int depth) {

    /** What is timed, and what {@link Row#ratio} is of it. */
    enum Kind {
        /** A whole step; stock's time divided by ours. */
        STEP,
        /** What the FFNs add to a step; ours divided by stock's, which is the share of the time that is left. */
        FFN
    }

    private static final Pattern PART = Pattern.compile("(attn|mlp|ffn)((?:1|0)?(?:\\.\\d+)?)(p?)");

    /**
     * @param depth of steps whose name has none
     * @throws RequestException if it is no name of a case
     */
    static BenchCase parse(String text, int depth) {
        String name = text.strip().toLowerCase(Locale.ROOT);
        String[] halves = name.split("@", -1);
        try {
            if (halves.length == 1 && name.startsWith("ffn")) {
                Knob ffn = Knob.parse(name);
                return new BenchCase(name, Kind.FFN, action(1, ffn.share()), ffn.predicted(), 0);
            }
            if (halves.length <= 2) {
                boolean stated = halves.length == 2;
                return step(
                        stated ? name : name + "@" + depth, halves[0], stated ? Integer.parseInt(halves[1]) : depth);
            }
        } catch (IllegalArgumentException e) { // a word, a number or a share that there is not
            throw unknown(text);
        }
        throw unknown(text);
    }

    private static BenchCase step(String name, String knobs, int depth) {
        if (depth < 0) {
            throw new IllegalArgumentException(name);
        }
        if (knobs.equals("dense")) {
            return new BenchCase(name, Kind.STEP, Action.DENSE, false, depth);
        }
        double attn = 1;
        double mlp = 1;
        boolean predicted = false;
        Set<String> seen = new HashSet<>();
        for (String part : knobs.split("\\+", -1)) {
            Knob knob = Knob.parse(part);
            if (!seen.add(knob.word())) {
                throw new IllegalArgumentException(part);
            }
            switch (knob.word()) {
                case "attn" -> attn = knob.share();
                case "mlp" -> mlp = knob.share();
                default -> throw new IllegalArgumentException(part);
            }
            predicted |= knob.predicted();
        }
        return new BenchCase(name, Kind.STEP, action(attn, mlp), predicted, depth);
    }

    private static Action action(double attn, double mlp) {
        return new Action(attn, mlp, Action.DENSE.actBits());
    }

    /** One term of a name: {@code mlp.5p}. */
    private record Knob(String word, double share, boolean predicted) {
        static Knob parse(String text) {
            Matcher matcher = PART.matcher(text);
            if (!matcher.matches() || (text.startsWith("attn") && text.endsWith("p"))) {
                throw new IllegalArgumentException(text);
            }
            return new Knob(
                    matcher.group(1),
                    Double.parseDouble(matcher.group(2)),
                    !matcher.group(3).isEmpty());
        }
    }

    private static RequestException unknown(String text) {
        return RequestException.invalid(
                "cases",
                "no case '%s'; there are dense@DEPTH, attn.25@DEPTH, mlp.5@DEPTH, attn.25+mlp.5@DEPTH and ffn.5, with any shares"
                                .formatted(text)
                        + " from 0 to 1, and mlp.5p, ffn.5p for predicted gates");
    }
}
