package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.bindings.gen.SolNative;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SolExceptionTest {
    private static final Map<Integer, Class<? extends SolException>> BY_STATUS = Map.of(
            SolNative.SOL_INVALID_ARGUMENT(), InvalidArgumentException.class,
            SolNative.SOL_NOT_FOUND(), ModelNotFoundException.class,
            SolNative.SOL_INVALID_MODEL(), InvalidModelException.class,
            SolNative.SOL_OUT_OF_MEMORY(), NativeOutOfMemoryException.class,
            SolNative.SOL_KV_CACHE_FULL(), KvCacheFullException.class,
            SolNative.SOL_CANCELLED(), DecodeCancelledException.class,
            SolNative.SOL_INTERNAL(), NativeErrorException.class);

    @Test
    void everyStatusHasAnExceptionOfItsOwn() {
        BY_STATUS.forEach((status, type) -> assertThat(SolException.of(status, "what was wrong"))
                .isExactlyInstanceOf(type)
                .hasMessage("what was wrong"));
        assertThat(Set.copyOf(BY_STATUS.values()))
                .isEqualTo(
                        Stream.of(SolException.class.getPermittedSubclasses()).collect(Collectors.toSet()));
    }

    @Test
    void aStatusOfAnotherVersionIsNamed() {
        assertThat(SolException.of(99, "what was wrong"))
                .isExactlyInstanceOf(NativeErrorException.class)
                .hasMessageContaining("99")
                .hasMessageContaining("what was wrong");
    }
}
