package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuFeaturesTest {

    @TempDir
    Path folder;

    @Test
    void readsTheFlagsOfAnX86Machine() throws IOException {
        Path cpuinfo = cpuinfo("""
                processor\t: 0
                model name\t: A processor : with a colon
                flags\t\t: fpu sse4_2 avx avx2 fma
                bugs\t\t: spectre_v1
                """);

        assertThat(CpuFeatures.read(cpuinfo)).contains(Set.of("fpu", "sse4_2", "avx", "avx2", "fma"));
    }

    @Test
    void readsTheFeaturesOfAnArmMachine() throws IOException {
        assertThat(CpuFeatures.read(cpuinfo("processor\t: 0\nFeatures\t: fp asimd sve i8mm\n")))
                .contains(Set.of("fp", "asimd", "sve", "i8mm"));
    }

    @Test
    void countsOnlyWhatEveryProcessorHas() throws IOException {
        Path cpuinfo = cpuinfo("flags : avx avx2 avx512f\n\nflags : avx avx2\n");

        assertThat(CpuFeatures.read(cpuinfo)).contains(Set.of("avx", "avx2"));
    }

    @Test
    void saysNothingWithoutAFileOrWithoutFeatures() throws IOException {
        assertThat(CpuFeatures.read(folder.resolve("missing"))).isEmpty();
        assertThat(CpuFeatures.read(cpuinfo("processor : 0\nno colon here\n"))).isEmpty();
    }

    @Test
    void refusesABuildForAnotherProcessorAndSaysHowToBuildForThisOne() {
        assertThatThrownBy(() -> CpuFeatures.require(List.of("avx2", "avx512f", "avx512_bf16"), Set.of("avx2", "fma")))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining("avx512f, avx512_bf16")
                .hasMessageContaining("-Dsol.native=portable")
                .hasMessageNotContaining("avx2,");
    }

    @Test
    void theCheckRunsOnLinuxOnly() throws IOException {
        NativeLibrary library = new NativeLibrary(folder, TestManifest.of(folder, "avx512f"));
        Path cpuinfo = cpuinfo("flags : avx2\n");

        assertThatThrownBy(() -> library.checkProcessor(new Platform("linux", "x86_64"), cpuinfo))
                .isInstanceOf(NativeLibraryException.class);
        assertThatCode(() -> library.checkProcessor(new Platform("macos", "x86_64"), cpuinfo))
                .doesNotThrowAnyException();
        assertThatCode(() -> library.checkProcessor(new Platform("linux", "x86_64"), cpuinfo("flags : avx2 avx512f\n")))
                .doesNotThrowAnyException();
    }

    private Path cpuinfo(String content) throws IOException {
        return Files.writeString(folder.resolve("cpuinfo"), content);
    }
}
