package dev.sol.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputTextTest {
    private final List<String> events = new ArrayList<>();

    private OutputText text(String... stops) {
        CompletionListener listener = new CompletionListener() {
            @Override
            public void onText(String text) {
                throw new AssertionError("not called");
            }

            @Override
            public void onOutput(String text, List<TraceEntry> tokens) {
                events.add(text + tokens.stream().map(TraceEntry::token).toList());
            }
        };
        return new OutputText(List.of(stops), listener, true);
    }

    /** Adds tokens 0, 1, … */
    private static void add(OutputText text, String... pieces) {
        for (int i = 0; i < pieces.length; i++) {
            byte[] bytes = pieces[i].getBytes(StandardCharsets.ISO_8859_1);
            text.add(new TraceEntry(i, text.decode(bytes), null));
        }
        String _ = text.finish();
    }

    @Test
    void tokensComeWithTheirText() {
        add(text(), "one", " two", "", " three");

        assertThat(events).containsExactly("one[0]", " two[1]", "[2]", " three[3]");
    }

    @Test
    void tokensWaitForTheCharacterThatTheyBegin() {
        add(text(), "a", "\u00c3", "\u00a9", "b"); // é in two bytes

        assertThat(events).containsExactly("a[0]", "é[1, 2]", "b[3]");
    }

    @Test
    void anUnfinishedCharacterBelongsToTheLastToken() {
        OutputText text = text();
        add(text, "a", "\u00c3");

        assertThat(events).containsExactly("a[0]", "\ufffd[1]");
        assertThat(text.tokens()).last().isEqualTo(new TraceEntry(1, "\ufffd", null));
    }

    @Test
    void tokensAreHeldBackWithTheirText() {
        add(text("two, thr"), "one", " t", "wo", ", four");

        assertThat(events).containsExactly("one[0]", " []", "two, four[1, 2, 3]");
    }

    @Test
    void tokensOfAStopStringNeverCome() {
        OutputText text = text("two");
        add(text, "one", " t", "wo", " three");

        assertThat(text.shown()).isEqualTo("one ");
        assertThat(events).containsExactly("one[0]", " []", "[1]");
        assertThat(text.tokens()).extracting(TraceEntry::token).containsExactly(0, 1);
    }
}
