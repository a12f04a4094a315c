package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.runtime.chat.ChatDelta;
import dev.sol.runtime.chat.ChatMessage;
import dev.sol.runtime.openai.ChatReader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** With a clock of its own, which only the reader within moves. */
class PacedReaderTest {
    private long now = Long.MAX_VALUE - 5; // clocks may overflow
    private final List<String> read = new ArrayList<>();
    private final PacedReader reader = new PacedReader(new Slow(), () -> now);

    /** Takes 10 for each text. */
    private final class Slow implements ChatReader {
        @Override
        public List<ChatDelta> add(String text) {
            now += 10;
            read.add(text);
            return List.of(new ChatDelta.Content(text));
        }

        @Override
        public List<ChatDelta> finish() {
            return List.of(new ChatDelta.Reasoning("end"));
        }

        @Override
        public ChatMessage message() {
            return new ChatMessage(String.join("", read), "", List.of());
        }

        @Override
        public void close() {
            read.add("closed");
        }
    }

    @Test
    void restsNineTimesAsLongAsItHasRead() {
        assertThat(reader.add("a")).containsExactly(new ChatDelta.Content("a"));
        assertThat(reader.add("b")).isEmpty();
        now += 89;
        assertThat(reader.add("c")).isEmpty();
        now += 1;
        assertThat(reader.add("d")).containsExactly(new ChatDelta.Content("bcd"));
        assertThat(reader.add("e")).isEmpty();
    }

    @Test
    void theEndReadsWhatWasCollected() {
        reader.add("a");
        reader.add("b");
        assertThat(reader.finish()).containsExactly(new ChatDelta.Content("b"), new ChatDelta.Reasoning("end"));
        assertThat(reader.message().content()).isEqualTo("ab");
    }

    @Test
    void withoutMoreTextTheEndIsThatOfTheReader() {
        reader.add("a");
        assertThat(reader.finish()).containsExactly(new ChatDelta.Reasoning("end"));
        assertThat(read).containsExactly("a");
    }

    @Test
    void closesTheReader() {
        reader.close();
        assertThat(read).containsExactly("closed");
    }
}
