package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** The chat templates of sol.h, and its parsers of answers. JSON in, JSON out: sol.h says what is in it. */
public final class Chats {
    private Chats() {}

    /**
     * Compiles templates. The caller frees the result with {@link #free}.
     *
     * @throws InvalidModelException if a template cannot be compiled
     */
    public static ChatHandle create(String templates) {
        NativeLibrary.load();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment chat = arena.allocate(SolNative.C_POINTER);
            Sol.check(SolNative.sol_chat_create(arena.allocateFrom(templates), chat));
            return new ChatHandle(chat.get(SolNative.C_POINTER, 0));
        }
    }

    /** Frees a template that no thread is using. */
    public static void free(ChatHandle chat) {
        SolNative.sol_chat_free(chat.address());
    }

    /** What the template can do. */
    public static String capabilities(ChatHandle chat) {
        return Texts.of((arena, out) -> SolNative.sol_chat_capabilities(chat.address(), out));
    }

    /**
     * Renders a request.
     *
     * @throws InvalidArgumentException beginning with the name of a field of the request and a colon
     */
    public static String apply(ChatHandle chat, String request) {
        return Texts.of((arena, out) -> SolNative.sol_chat_apply(chat.address(), arena.allocateFrom(request), out));
    }

    /**
     * Makes a parser of answers, which the caller frees with {@link #freeParser}.
     *
     * @param parser what {@link #apply} says under that name
     */
    public static ChatParserHandle createParser(String parser) {
        NativeLibrary.load();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(SolNative.C_POINTER);
            Sol.check(SolNative.sol_chat_parser_create(arena.allocateFrom(parser), out));
            return new ChatParserHandle(out.get(SolNative.C_POINTER, 0));
        }
    }

    /** Frees a parser that no thread is using. */
    public static void freeParser(ChatParserHandle parser) {
        SolNative.sol_chat_parser_free(parser.address());
    }

    /**
     * Adds text of the answer.
     *
     * @param last no more will come
     * @return what has become known by it
     */
    public static String add(ChatParserHandle parser, String text, boolean last) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return Texts.of((arena, out) -> SolNative.sol_chat_parser_add(
                parser.address(), arena.allocateFrom(ValueLayout.JAVA_BYTE, utf8), utf8.length, last, out));
    }
}
