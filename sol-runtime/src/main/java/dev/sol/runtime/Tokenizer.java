package dev.sol.runtime;

import dev.sol.bindings.Llama;
import dev.sol.bindings.Sol;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Text to tokens and back, as the model does it. For any thread; closed with its {@link Model}, after which every method throws
 * {@link ClosedException}.
 */
public final class Tokenizer {
    private final Model model;

    Tokenizer(Model model) {
        this.model = model;
    }

    /** The number of tokens; their ids are 0 … size - 1. */
    public int size() {
        return model.call(handle -> handle.vocab().size());
    }

    /**
     * The tokens of a text.
     *
     * @param addSpecial add the tokens that the model expects around a text (BOS, EOS)
     * @param parseSpecial read the names of special tokens in the text ({@code <|im_end|>}) as these tokens, not as plain text
     * @throws IllegalArgumentException if the model has no tokenizer, or the text is too long
     */
    public int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
        return model.call(handle -> Sol.tokenize(handle, text, addSpecial, parseSpecial));
    }

    /**
     * The text of the tokens, without special ones. Bytes that are no UTF-8 become U+FFFD.
     *
     * @throws IllegalArgumentException if there is no such token
     */
    public String decode(int... tokens) {
        return decode(false, tokens);
    }

    /**
     * The text of the tokens. Bytes that are no UTF-8 become U+FFFD.
     *
     * @param special write the names of special tokens ({@code <|im_end|>}); without it they have no text
     * @throws IllegalArgumentException if there is no such token
     */
    public String decode(boolean special, int... tokens) {
        Utf8Stream stream = new Utf8Stream();
        StringBuilder text = new StringBuilder();
        for (int token : tokens) {
            text.append(stream.add(bytes(token, special)));
        }
        return text.append(stream.finish()).toString();
    }

    /**
     * What each of the tokens stands for.
     *
     * @param special as in {@link #decode(boolean, int...)}
     * @throws IllegalArgumentException if there is no such token
     */
    public List<TokenPiece> pieces(boolean special, int... tokens) {
        return IntStream.of(tokens)
                .mapToObj(token -> new TokenPiece(token, bytes(token, special)))
                .toList();
    }

    /**
     * The bytes of one token, none for a special one. They need not be whole characters: see {@link Utf8Stream}.
     *
     * @throws IllegalArgumentException if there is no such token
     */
    public byte[] bytes(int token) {
        return bytes(token, false);
    }

    /**
     * The bytes of one token. They need not be whole characters: see {@link Utf8Stream}.
     *
     * @param special write the name of a special token; without it such a token has no bytes
     * @throws IllegalArgumentException if there is no such token
     */
    public byte[] bytes(int token, boolean special) {
        return model.call(handle -> Sol.tokenBytes(handle, token, special));
    }

    /** Whether {@link #encode} with {@code addSpecial} begins with {@link #bos}. */
    public boolean addsBos() {
        return model.call(handle -> Llama.addsBos(handle.vocab()));
    }

    /** Whether {@link #encode} with {@code addSpecial} ends with {@link #eos}. */
    public boolean addsEos() {
        return model.call(handle -> Llama.addsEos(handle.vocab()));
    }

    /** The token that begins a text. */
    public OptionalInt bos() {
        return optional(model.call(handle -> Llama.bosToken(handle.vocab())));
    }

    /** The token that ends a text. */
    public OptionalInt eos() {
        return optional(model.call(handle -> Llama.eosToken(handle.vocab())));
    }

    /** The token that ends a turn of a chat. */
    public OptionalInt eot() {
        return optional(model.call(handle -> Llama.eotToken(handle.vocab())));
    }

    /**
     * Whether generation ends with this token: EOS, EOT and the like.
     *
     * @throws IllegalArgumentException if there is no such token
     */
    public boolean isEndOfGeneration(int token) {
        return model.call(handle -> Llama.isEndOfGeneration(handle.vocab(), token));
    }

    /** All tokens that end a generation, ascending. */
    public int[] endOfGeneration() {
        return model.call(handle -> IntStream.range(0, handle.vocab().size())
                .filter(token -> Llama.isEndOfGeneration(handle.vocab(), token))
                .toArray());
    }

    private static OptionalInt optional(int token) {
        return token == Llama.NO_TOKEN ? OptionalInt.empty() : OptionalInt.of(token);
    }
}
