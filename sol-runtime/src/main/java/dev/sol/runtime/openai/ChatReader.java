package dev.sol.runtime.openai;

import dev.sol.runtime.chat.ChatDelta;
import dev.sol.runtime.chat.ChatMessage;
import java.util.List;

/** Tells content, reasoning and calls of tools apart in the text of an answer. For one thread at a time. */
public interface ChatReader extends AutoCloseable {
    /** What more of the text says. */
    List<ChatDelta> add(String text);

    /** What was held back. */
    List<ChatDelta> finish();

    /** All of it so far. */
    ChatMessage message();

    @Override
    void close();
}
