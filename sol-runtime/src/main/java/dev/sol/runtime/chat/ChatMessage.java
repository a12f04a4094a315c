package dev.sol.runtime.chat;

import java.util.List;

/**
 * An answer, read.
 *
 * @param content what was said
 * @param reasoning what was thought, if it is told apart
 * @param toolCalls the calls that were made, in their order
 */
public record ChatMessage(String content, String reasoning, List<ToolCall> toolCalls) {

    /**
     * A call of a function.
     *
     * @param id of the call
     * @param name of the function
     * @param arguments JSON, as the model wrote it: of an answer that was cut off, the beginning
     */
    public record ToolCall(String id, String name, String arguments) {}

    public ChatMessage {
        toolCalls = List.copyOf(toolCalls);
    }
}
