package dev.sol.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Observation;
import dev.sol.policy.Policies;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PolicyRunTest {
    private static final Budget HALF = Budget.ofNet(.5, ActionGrid.defaultGrid());
    private static final KnobReach ALL = new KnobReach(true, true, true);
    private static final StepUsage USAGE = new StepUsage(30, 100, 0, 0, 5, 10, 0, 0, 0, 0);

    /** What was asked of it. */
    private static final class State implements ObservedState {
        private final List<String> asked = new ArrayList<>();

        @Override
        public void hidden(float[] out) {
            asked.add("hidden");
            out[0] = 7;
        }

        @Override
        public void embedding(int token, float[] out) {
            asked.add("embedding " + token);
            out[0] = token;
        }

        @Override
        public double entropy() {
            asked.add("entropy");
            return .25;
        }
    }

    private record Curious(boolean needsHidden, boolean needsEmbedding, boolean needsEntropy, List<Observation> seen)
            implements ComputePolicy {
        @Override
        public String name() {
            return "curious";
        }

        @Override
        public PolicySession start(PolicyContext context) {
            return observation -> {
                seen.add(observation);
                return new Action(.4, .5, 8);
            };
        }
    }

    @Test
    void thePolicyIsShownWhatItNeedsAndNothingElse() {
        for (int needs = 0; needs < 8; needs++) {
            boolean hidden = (needs & 1) != 0;
            boolean embedding = (needs & 2) != 0;
            boolean entropy = (needs & 4) != 0;
            Curious policy = new Curious(hidden, embedding, entropy, new ArrayList<>());
            State state = new State();

            new PolicyRun(policy, HALF, 10, 3, ALL, 0).choose(4, 42, state);

            List<String> expected = new ArrayList<>();
            if (hidden) {
                expected.add("hidden");
            }
            if (embedding) {
                expected.add("embedding 42");
            }
            if (entropy) {
                expected.add("entropy");
            }
            assertThat(state.asked).isEqualTo(expected);
            Observation seen = policy.seen.getFirst();
            assertThat(seen.hidden()).hasSize(hidden ? 3 : 0);
            assertThat(seen.embedding()).hasSize(embedding ? 3 : 0);
            assertThat(seen.previousEntropy()).isEqualTo(Double.valueOf(entropy ? .25 : Double.NaN));
            assertThat(seen.step()).isEqualTo(4);
            assertThat(seen.remaining()).isEqualTo(6);
            assertThat(seen.effective()).isTrue();
        }
    }

    @Test
    void whatIsBookedIsWhatTheCountersSay() {
        PolicyRun run = new PolicyRun(Policies.byName("uniform"), HALF, 10, 3, ALL, 0);
        run.book(new Action(.25, .5, 8), USAGE);
        run.book(new Action(.25, .5, 10), USAGE);

        Budget realised = run.tracker().realised().orElseThrow();
        assertThat(realised.attn()).isCloseTo(.3, within(1e-12));
        assertThat(realised.mlp()).isEqualTo(.5);
        assertThat(realised.bits()).isEqualTo(9);
        assertThat(run.tracker().target()).isEqualTo(HALF);
    }

    @Test
    void aKnobThatReachesNothingIsBookedAsDense() {
        PolicyRun run = new PolicyRun(Policies.byName("uniform"), HALF, 10, 3, new KnobReach(false, false, false), 0);
        run.book(new Action(.25, .5, 8), USAGE);

        assertThat(run.tracker().realised()).contains(Budget.DENSE);
    }

    @Test
    void aPolicyThatCannotStart() {
        ComputePolicy unable = new ComputePolicy() {
            @Override
            public String name() {
                return "unable";
            }

            @Override
            public PolicySession start(PolicyContext context) {
                throw new IllegalArgumentException("too little");
            }
        };
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PolicyRun(unable, HALF, 10, 3, ALL, 0))
                .withMessage("too little");
    }
}
