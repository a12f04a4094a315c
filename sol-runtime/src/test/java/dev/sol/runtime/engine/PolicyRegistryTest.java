package dev.sol.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.policy.Policies;
import dev.sol.runtime.RequestException;
import org.junit.jupiter.api.Test;

class PolicyRegistryTest {
    private static final NamedPolicy LEARNED = NamedPolicy.of("learned");

    @Test
    void policiesWithoutAFileAreAlwaysThere() {
        assertThat(PolicyRegistry.BUILT_IN.names()).isEqualTo(Policies.names());
        assertThat(PolicyRegistry.BUILT_IN.defaultPolicy().name()).isEqualTo("uniform");
        assertThat(PolicyRegistry.BUILT_IN.byName("drift")).isSameAs(Policies.byName("drift"));
    }

    @Test
    void othersAreAdded() {
        PolicyRegistry more = PolicyRegistry.BUILT_IN.with(LEARNED).with(NamedPolicy.of("other"));

        assertThat(more.names())
                .endsWith("learned", "other")
                .hasSize(Policies.names().size() + 2);
        assertThat(more.byName("learned")).isSameAs(LEARNED);
        assertThat(more.defaultPolicy().name()).isEqualTo("uniform");
        assertThat(more.withDefault("learned").defaultPolicy()).isSameAs(LEARNED);
        assertThat(PolicyRegistry.BUILT_IN.names()).doesNotContain("learned");
    }

    @Test
    void aNameHasOnePolicy() {
        PolicyRegistry more = PolicyRegistry.BUILT_IN.with(LEARNED);
        assertThatThrownBy(() -> more.with(NamedPolicy.of("learned")))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("two policies called 'learned'");
        assertThatThrownBy(() -> more.with(NamedPolicy.of("uniform"))).hasMessageContaining("'uniform'");
    }

    @Test
    void unknownNamesAreAnsweredWithTheKnownOnes() {
        PolicyRegistry more = PolicyRegistry.BUILT_IN.with(LEARNED);
        assertThatThrownBy(() -> more.byName("magic"))
                .isInstanceOfSatisfying(
                        RequestException.class, e -> assertThat(e.param()).isEqualTo("policy"))
                .hasMessage("unknown policy 'magic'; known: dense, uniform, random, entropy, drift, learned");
        assertThatThrownBy(() -> more.withDefault("magic")).hasMessageContaining("unknown policy 'magic'");
    }
}
