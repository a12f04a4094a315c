package dev.sol.runtime;

import dev.sol.bindings.ChatParserHandle;
import dev.sol.bindings.Chats;
import dev.sol.bindings.SolException;

/**
 * llama.cpp's parser of answers, fed as they grow: text in, JSON out, as {@code sol.h} describes it. {@code dev.sol.runtime.chat}
 * gives it a face; use that. One thread at a time; after {@link #close} every use throws {@link ClosedException}.
 */
public final class RawChatParser implements AutoCloseable {
    private final Owned<ChatParserHandle> owned;

    /** @param parser what {@link RawChatTemplate#apply} says under that name */
    public RawChatParser(String parser) {
        this.owned = new Owned<>(this, "chat parser", create(parser), Chats::freeParser);
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
        return owned.call(parser -> Chats.add(parser, text, last));
    }

    /** A second call does nothing. */
    @Override
    public void close() {
        owned.close();
    }
}
