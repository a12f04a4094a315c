package dev.sol.runtime.bench;

import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Where random models are kept: {@code $SOL_CACHE/bench}, {@code $XDG_CACHE_HOME/sol/bench} or {@code ~/.cache/sol/bench}. */
final class CacheFolder {
    private CacheFolder() {}

    static Path bench() {
        return bench(System::getenv);
    }

    static Path bench(UnaryOperator<@Nullable String> environment) {
        String own = environment.apply("SOL_CACHE");
        if (own != null && !own.isEmpty()) {
            return Path.of(own).resolve("bench");
        }
        String xdg = environment.apply("XDG_CACHE_HOME");
        Path cache = xdg != null && Path.of(xdg).isAbsolute()
                ? Path.of(xdg)
                : Path.of(System.getProperty("user.home"), ".cache");
        return cache.resolve("sol").resolve("bench");
    }
}
