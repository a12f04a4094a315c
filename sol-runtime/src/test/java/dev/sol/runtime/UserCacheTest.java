package dev.sol.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UserCacheTest {
    private static final Path HOME = Path.of(System.getProperty("user.home"), ".cache", "sol", "cost");

    @Test
    void ourVariableComesFirstAndThenThatOfTheSystem() {
        assertThat(UserCache.folder("cost", Map.of("SOL_CACHE", "/a", "XDG_CACHE_HOME", "/b")::get))
                .isEqualTo(Path.of("/a/cost"));
        assertThat(UserCache.folder("cost", Map.of("XDG_CACHE_HOME", "/b")::get))
                .isEqualTo(Path.of("/b/sol/cost"));
        assertThat(UserCache.folder("cost", _ -> null)).isEqualTo(HOME);
    }

    @Test
    void emptyAndRelativeOnesOfTheSystemDoNotCount() {
        assertThat(UserCache.folder("cost", Map.of("SOL_CACHE", " ", "XDG_CACHE_HOME", "relative")::get))
                .isEqualTo(HOME);
    }
}
