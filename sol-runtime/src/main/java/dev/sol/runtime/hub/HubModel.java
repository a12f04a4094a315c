package dev.sol.runtime.hub;

import dev.sol.runtime.RequestException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A model on a hub, as written by the user: {@code hf:owner/repo}, or {@code hf:owner/repo:choice}.
 *
 * @param owner of the repository
 * @param repo its name
 * @param choice which of its files: a type of weights such as {@code Q4_K_M}, or a file's path; null: the usual one
 */
public record HubModel(String owner, String repo, @Nullable String choice) {
    private static final String SCHEME = "hf:";

    // Names begin with a letter or digit, so that none is "..": they are folders in the cache.
    private static final Pattern FORM =
            Pattern.compile("hf:([A-Za-z0-9][\\w.-]*)/([A-Za-z0-9][\\w.-]*)(?::([A-Za-z0-9][\\w./-]*))?");

    /** Whether a value of {@code --model} means a hub rather than a file. */
    public static boolean isOne(String model) {
        return model.startsWith(SCHEME);
    }

    /**
     * Reads one.
     *
     * @throws RequestException if it is not of the form
     */
    public static HubModel parse(String model) {
        Matcher matcher = FORM.matcher(model);
        if (!matcher.matches()) {
            throw RequestException.invalid(
                    "model",
                    "'%s' names no model of a hub; write hf:owner/repo or hf:owner/repo:Q4_K_M".formatted(model));
        }
        return new HubModel(matcher.group(1), matcher.group(2), matcher.group(3));
    }

    /** {@code owner/repo}. */
    public String id() {
        return owner + "/" + repo;
    }
}
