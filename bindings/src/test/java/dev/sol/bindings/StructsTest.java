package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.bindings.gen.SolNative;
import dev.sol.bindings.gen.sol_layer_info;
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
        try (Arena arena = Arena.ofConfined()) {
            for (boolean skipMlp : new boolean[] {false, true}) {
                ContextParams params = params(1, skipMlp);
                assertThat(ContextParams.read(params.write(arena))).isEqualTo(params);
            }
        }
    }

    /** No two fields alike, so that two that change places are noticed. */
    private static ContextParams params(int contextSize, boolean skipMlp) {
        return new ContextParams(
                contextSize,
                2,
                3,
                4,
                5,
                6,
                true,
                KvType.Q8_0,
                AttentionCriterion.MEAN,
                7,
                8,
                9,
                AttentionChoice.SHARED,
                DroppedPages.TAIL,
                MlpCriterion.CHANNEL,
                10,
                MlpGate.PREDICTED,
                BitsSite.INPUT,
                Execution.SKIP,
                skipMlp,
                !skipMlp);
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
        assertThat(Execution.values())
                .allSatisfy(each -> assertThat(Execution.of(each.code())).isSameAs(each));
        assertThat(KvType.values())
                .allSatisfy(each -> assertThat(KvType.of(each.code())).isSameAs(each));
        assertThat(MlpGate.values())
                .allSatisfy(each -> assertThat(MlpGate.of(each.code())).isSameAs(each));
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
            ModelParams predicted = new ModelParams(0, true, false, Path.of("vorhersage-ü.gguf"));
            assertThat(ModelParams.read(predicted.write(arena))).isEqualTo(predicted);
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
    void layersReadEveryFieldInTheOrderOfTheStruct() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment struct = sol_layer_info.allocate(arena);
            sol_layer_info.attn(struct, SolNative.SOL_ATTN_SLIDING());
            sol_layer_info.mlp_units(struct, 1);
            sol_layer_info.shared_units(struct, 2);
            sol_layer_info.routed_units(struct, 3);
            sol_layer_info.act_bits(struct, true);
            sol_layer_info.attn_skips(struct, true);
            assertThat(LayerInfo.read(struct))
                    .isEqualTo(new LayerInfo(AttentionClass.SLIDING, 1, 2, 3, true, true, false));
            sol_layer_info.attn_skips(struct, false);
            sol_layer_info.mlp_skips(struct, true);
            assertThat(LayerInfo.read(struct))
                    .isEqualTo(new LayerInfo(AttentionClass.SLIDING, 1, 2, 3, true, false, true));
        }
    }

    @Test
    void negativeSizesDoNotReachC() {
        assertThatThrownBy(() -> params(-1, true))
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
        assertThatThrownBy(() -> Execution.of(77)).hasMessageContaining("sol_execution 77");
        assertThatThrownBy(() -> KvType.of(77)).hasMessageContaining("sol_kv_type 77");
        assertThatThrownBy(() -> MlpGate.of(77)).hasMessageContaining("sol_mlp_gate 77");
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
