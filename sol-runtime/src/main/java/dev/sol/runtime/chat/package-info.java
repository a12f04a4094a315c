/**
 * Chats: from messages, tools and a wished-for format to a prompt, and from the model's answer back to content, thoughts and tool
 * calls. All of it is llama.cpp's: the Jinja templates that models bring along, and the parsers that fit them.
 *
 * <pre>{@code
 * try (ChatTemplate template = ChatTemplate.of(model)) {
 *     ChatPrompt prompt = template.apply(ChatRequest.builder(messages).build());
 *     try (ChatMessageParser parser = prompt.newParser()) {
 *         … // complete prompt.text() with prompt.grammar() and prompt.stops(), and
 *         parser.add(text).forEach(delta -> …);
 *     }
 * }
 * }</pre>
 */
@NullMarked
package dev.sol.runtime.chat;

import org.jspecify.annotations.NullMarked;
