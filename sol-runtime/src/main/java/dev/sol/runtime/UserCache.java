package dev.sol.runtime;

import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The folders in which SOL keeps what it can make again: {@code $SOL_CACHE/NAME}, {@code $XDG_CACHE_HOME/sol/NAME} or {@code
 * ~/.cache/sol/NAME}. They may be deleted at any time when nothing runs.
 */
public final class UserCache {
    private UserCache() {}

    /** The folder for one kind of content; it need not exist. */
    public static Path folder(String name) {
        return folder(name, System::getenv);
    }

    /** By the XDG base directory specification, which ignores relative paths. */
    public static Path folder(String name, UnaryOperator<@Nullable String> environment) {
        String own = environment.apply("SOL_CACHE");
        if (own != null && !own.isBlank()) {
            return Path.of(own).toAbsolutePath().resolve(name);
        }
        String xdg = environment.apply("XDG_CACHE_HOME");
        Path cache = xdg != null && Path.of(xdg).isAbsolute()
                ? Path.of(xdg)
                : Path.of(System.getProperty("user.home"), ".cache");
        return cache.resolve("sol").resolve(name);
    }
}
