package dev.sol.runtime.chat;

/** What some more text of an answer has made known. */
public sealed interface ChatDelta {

    /**
     * More of the content.
     *
     * @param text what follows the content so far; not empty
     */
    record Content(String text) implements ChatDelta {}

    /**
     * More of the thoughts.
     *
     * @param text what follows the thoughts so far; not empty
     */
    record Reasoning(String text) implements ChatDelta {}

    /**
     * A tool call, or more of it.
     *
     * @param index of the call in the answer, from 0
     * @param id of the call; empty but in its first delta
     * @param name of the function; empty but in the first delta of a call, and when more of the name has become known: it is
     *     whole each time
     * @param arguments what follows the arguments so far: a part of a JSON text
     */
    record ToolCall(int index, String id, String name, String arguments) implements ChatDelta {}
}
