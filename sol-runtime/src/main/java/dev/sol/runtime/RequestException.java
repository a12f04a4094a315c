package dev.sol.runtime;

import org.jspecify.annotations.Nullable;

/**
 * A request that cannot be fulfilled as it stands. It fails alone: the engine goes on with the next one. The message is fit for
 * the user who sent it.
 */
public class RequestException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final @Nullable String param;
    private final String code;

    /**
     * @param message one sentence
     * @param param the field of the request that was wrong; null when it is not about one field
     * @param code a word for programs, such as {@code invalid_value}
     */
    public RequestException(String message, @Nullable String param, String code) {
        super(message);
        this.param = param;
        this.code = code;
    }

    /** A field whose value is of the right type but cannot be used: code {@code invalid_value}. */
    public static RequestException invalid(String param, String message) {
        return new RequestException(message, param, "invalid_value");
    }

    /** The field of the request that was wrong, by its JSON name; null when it is not about one field. */
    public @Nullable String param() {
        return param;
    }

    /** A word for programs: {@code invalid_value}, {@code context_length_exceeded}, {@code model_not_found}, …. */
    public String code() {
        return code;
    }
}
