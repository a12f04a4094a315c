package dev.sol.runtime;

import dev.sol.bindings.ChatHandle;
import dev.sol.bindings.Chats;
import dev.sol.bindings.NativeLibraryException;
import dev.sol.bindings.SolException;
import java.util.function.Function;

/**
 * A compiled chat template of llama.cpp: JSON in, JSON out, as {@code sol.h} describes it. {@code dev.sol.runtime.chat} gives it a
 * face; use that. For any number of threads; after {@link #close} every use throws {@link ClosedException}.
 */
public final class RawChatTemplate implements AutoCloseable {
    private final Owned<ChatHandle> owned;

    /**
     * @param templates the templates and what the tokenizer adds to a text
     * @throws ModelException if a template cannot be compiled
     * @throws EngineException if this machine cannot use the native library
     */
    public RawChatTemplate(String templates) {
        this.owned = new Owned<>(this, "chat template", compile(templates), Chats::free);
    }

    private static ChatHandle compile(String templates) {
        try {
            return Chats.create(templates);
        } catch (NativeLibraryException e) {
            throw new EngineException(String.valueOf(e.getMessage()), e);
        } catch (SolException e) {
            throw NativeErrors.translate(e);
        }
    }

    /** What the template can do. */
    public String capabilities() {
        return call(Chats::capabilities);
    }

    /**
     * The prompt of a request, and how to read the answer.
     *
     * @throws RequestException if the request is wrong, the template does not support it, or refuses it
     */
    public String apply(String request) {
        return call(chat -> Chats.apply(chat, request));
    }

    private <T> T call(Function<ChatHandle, T> use) {
        return owned.call(chat -> {
            try {
                return use.apply(chat);
            } catch (SolException e) {
                throw NativeErrors.ofRequest(e, "messages");
            }
        });
    }

    /** Waits for running calls. A second call does nothing. */
    @Override
    public void close() {
        owned.close();
    }
}
