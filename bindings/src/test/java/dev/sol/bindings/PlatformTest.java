package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlatformTest {

    @ParameterizedTest
    @CsvSource({
        "Linux, amd64, linux-x86_64",
        "Linux, aarch64, linux-aarch64",
        "Mac OS X, aarch64, macos-aarch64",
        "Mac OS X, x86_64, macos-x86_64",
        "Windows 11, amd64, windows-x86_64",
        "Windows Server 2022, amd64, windows-x86_64",
    })
    void foldersAreNamedBySystemAndArchitecture(String osName, String osArch, String folder) {
        assertThat(Platform.of(osName, osArch).folder()).isEqualTo(folder);
    }

    @ParameterizedTest
    @CsvSource({"SunOS, amd64", "Linux, s390x", "Windows 10, x86"})
    void otherPlatformsAreRefusedByName(String osName, String osArch) {
        assertThatThrownBy(() -> Platform.of(osName, osArch))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining(osName + " on " + osArch);
    }

    @Test
    void thisMachineHasAPlatform() {
        assertThat(Platform.current().folder()).matches("(linux|macos|windows)-(x86_64|aarch64)");
    }
}
