package dev.sol.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Policies;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PolicyCostsTest {

    @Test
    void aChoiceIsTimedOnce() {
        AtomicInteger sessions = new AtomicInteger();
        ComputePolicy slow = new ComputePolicy() {
            @Override
            public String name() {
                return "slow";
            }

            @Override
            public boolean needsHidden() {
                return true;
            }

            @Override
            public PolicySession start(PolicyContext context) {
                sessions.incrementAndGet();
                return observation -> {
                    assertThat(observation.hidden()).hasSize(5);
                    long end = System.nanoTime() + 1_000_000;
                    while (System.nanoTime() < end) {
                        Thread.onSpinWait();
                    }
                    return context.grid().action(3);
                };
            }
        };
        PolicyCosts costs = new PolicyCosts(5);

        assertThat(costs.millis(slow)).isBetween(1.0, 20.0);
        int before = sessions.get();
        assertThat(costs.millis(slow)).isBetween(1.0, 20.0);
        assertThat(sessions).hasValue(before);
    }

    @Test
    void everyPolicyCanBeTimed() {
        PolicyCosts costs = new PolicyCosts(5);
        for (String name : Policies.names()) {
            assertThat(costs.millis(Policies.byName(name))).as(name).isBetween(0.0, 5.0);
        }
    }
}
