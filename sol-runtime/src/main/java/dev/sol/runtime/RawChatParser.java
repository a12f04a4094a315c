package dev.sol.runtime;

import dev.sol.bindings.ChatParserHandle;
import dev.sol.bindings.Chats;
import dev.sol.bindings.SolException;
import java.lang.ref.Cleaner;

/**
 * llama.cpp's parser of answers, fed as they grow: text in, JSON out, as {@code sol.h} describes it. {@code dev.sol.runtime.chat}
 * gives it a face; use that. One thread at a time; after {@link #close} every use throws {@link ClosedException}.
 */
public final class RawChatParser implements AutoCloseable {

    /** What outlives the owner, for the backstop. */
    private record State(ChatParserHandle parser, Lifetime lifetime) {
        void close() {
            lifetime.close(() -> {}, () -> Chats.freeParser(parser));
        }
    }

    private final State state;
    private final Cleaner.Cleanable backstop;

    /** @param parser what {@link RawChatTemplate#apply} says under that name */
    public RawChatParser(String parser) {
        State own = new State(create(parser), new Lifetime("the chat parser"));
        this.state = own;
        this.backstop = Leaks.watch(this, "a chat parser", own.lifetime(), own::close);
    }

    private static ChatParserHandle create(String parser) {
        try {
            return Chats.createParser(parser);
        } catch (SolException e) {
            throw NativeErrors.translate(e);
        }
    }

    /**
     * Adds text of the answer.
     *
     * @param last no more will come
     * @return what has become known by it
     */
    public String add(String text, boolean last) {
        state.lifetime.enter();
        try {
            return Chats.add(state.parser, text, last);
        } catch (SolException e) {
            throw NativeErrors.translate(e);
        } finally {
            state.lifetime.exit();
        }
    }

    /** A second call does nothing. */
    @Override
    public void close() {
        state.close();
        backstop.clean();
    }
}
