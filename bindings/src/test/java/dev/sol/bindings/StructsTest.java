package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.bindings.gen.sol_usage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The records survive the way to C and back; the layouts themselves are compared with C by {@link LayoutProbeTest}. */
class StructsTest {

    @Test
    void contextParamsKeepEveryField() {
        ContextParams params = params(1);

        try (Arena arena = Arena.ofConfined()) {
            assertThat(ContextParams.read(params.write(arena))).isEqualTo(params);
        }
    }

    /** No two fields alike, so that two that change places are noticed. */
    private static ContextParams params(int contextSize) {
        return new ContextParams(
                contextSize,
                2,
                3,
                4,
                5,
                6,
                true,
                AttentionCriterion.MEAN,
                7,
                8,
                9,
                AttentionChoice.SHARED,
                DroppedPages.TAIL,
                MlpCriterion.CHANNEL,
                10,
                BitsSite.INPUT);
    }

    @Test
    void everyCriterionHasItsOwnCode() {
        assertThat(AttentionCriterion.values())
                .allSatisfy(
                        each -> assertThat(AttentionCriterion.of(each.code())).isSameAs(each));
        assertThat(AttentionChoice.values())
                .allSatisfy(each -> assertThat(AttentionChoice.of(each.code())).isSameAs(each));
        assertThat(DroppedPages.values())
                .allSatisfy(each -> assertThat(DroppedPages.of(each.code())).isSameAs(each));
        assertThat(MlpCriterion.values())
                .allSatisfy(each -> assertThat(MlpCriterion.of(each.code())).isSameAs(each));
        assertThat(BitsSite.values())
                .allSatisfy(each -> assertThat(BitsSite.of(each.code())).isSameAs(each));
    }

    @Test
    void modelParamsKeepEveryField() {
        try (Arena arena = Arena.ofConfined()) {
            for (boolean mmap : new boolean[] {false, true}) {
                ModelParams params = new ModelParams(-1, mmap, !mmap);
                assertThat(ModelParams.read(params.write(arena))).isEqualTo(params);
            }
        }
    }

    @Test
    void usageReadsEveryFieldInTheOrderOfTheStruct() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment struct = sol_usage.allocate(arena);
            for (int i = 0; i < 10; i++) {
                struct.setAtIndex(ValueLayout.JAVA_LONG, i, i + 1L);
            }
            assertThat(Usage.read(struct)).isEqualTo(new Usage(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
        }
    }

    @Test
    void negativeSizesDoNotReachC() {
        assertThatThrownBy(() -> params(-1))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("context size is negative: -1");
    }

    @Test
    void unknownEnumValuesAreNamed() {
        assertThatThrownBy(() -> AttentionClass.of(77)).hasMessageContaining("sol_attn_class 77");
        assertThatThrownBy(() -> AttentionCriterion.of(77)).hasMessageContaining("sol_attn_criterion 77");
        assertThatThrownBy(() -> AttentionChoice.of(77)).hasMessageContaining("sol_attn_choice 77");
        assertThatThrownBy(() -> DroppedPages.of(77)).hasMessageContaining("sol_attn_dropped 77");
        assertThatThrownBy(() -> MlpCriterion.of(77)).hasMessageContaining("sol_mlp_criterion 77");
        assertThatThrownBy(() -> BitsSite.of(77)).hasMessageContaining("sol_bits_site 77");
    }

    /** Windows' {@code long} has 32 bits: code with that layout would load on Linux and macOS only. */
    @Test
    void theGeneratedCodeUsesNoLayoutThatDiffersBetweenPlatforms() throws IOException {
        Path gen = Path.of("src/main/java/dev/sol/bindings/gen");
        try (Stream<Path> files = Files.list(gen)) {
            for (Path file : files.toList()) {
                assertThat(Files.readString(file))
                        .doesNotContainPattern("C_LONG\\b")
                        .doesNotContain("\"long\"");
            }
        }
    }
}
