package dev.sol.trainer.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Observation;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import dev.sol.policy.learned.ActionDistribution;
import dev.sol.policy.learned.PolicyFeatures;
import dev.sol.policy.learned.PolicyNetwork;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.policy.learned.PolicyWeights;
import dev.sol.runtime.AttentionCriterion;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.DroppedPages;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.SamplingOptions;
import dev.sol.runtime.engine.CompletionEngine;
import dev.sol.runtime.engine.CompletionListener;
import dev.sol.runtime.engine.CompletionRequest;
import dev.sol.runtime.engine.CompletionResult;
import dev.sol.runtime.engine.TraceEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a policy is trained on is what it is shown when it serves: the engine's observations of a whole generation, and a rollout's. */
@Tag("model")
@Timeout(300)
class ServedObservationsTest {
    private static final String PROMPT =
            "Once upon a time there was a king who had three daughters, and the youngest of"
                    + " them was so fair that the sun himself, who has seen so much, wondered";
    private static final int TOKENS = 97;
    private static final long SEED = 5;
    private static final double TEMPERATURE = 1.3;
    /** Mean difference of features: by rounding, and where it has turned the choice of a group of neurons. */
    private static final double ROUNDING = .005;

    private static final double TURNED = .1;
    private static final Budget TARGET = new Budget(.4, .5, 7);
    private static final KnobOptions PAGES = KnobOptions.DEFAULT
            .withAttention(AttentionCriterion.MEAN)
            .withPage(8)
            .withDropped(DroppedPages.TAIL);

    /** Chooses as the rollout does, and notes what it sees. */
    private static final class Recorder implements ComputePolicy {
        final PolicyNetwork network;
        final PolicySpec spec;
        final List<float[]> features = new ArrayList<>();
        final List<Integer> previous = new ArrayList<>();
        final List<Integer> actions = new ArrayList<>();

        Recorder(PolicyWeights weights) {
            this.network = new PolicyNetwork(weights);
            this.spec = weights.spec();
        }

        @Override
        public String name() {
            return "recorder";
        }

        @Override
        public ActionGrid grid() {
            return spec.grid();
        }

        @Override
        public boolean needsHidden() {
            return true;
        }

        @Override
        public boolean needsEmbedding() {
            return true;
        }

        @Override
        public boolean needsEntropy() {
            return spec.entropy();
        }

        @Override
        public PolicySession start(PolicyContext context) {
            PolicyNetwork.Lanes lanes = network.lanes(1);
            ActionDistribution distribution = new ActionDistribution(spec);
            float[] logits = new float[spec.logits()];
            WorkItem item = item(new int[3], 1); // draws depend on id and seed only
            return observation -> {
                float[] seen = new float[spec.features()];
                PolicyFeatures.write(spec, observation, lanes.position(0), seen, 0);
                network.forward(lanes, new int[] {0}, 1, seen, new int[] {observation.previousAction()}, logits);
                distribution.set(logits, 0, TEMPERATURE);
                int action = distribution.sample(new Draws().at(item, 0, observation.step()));
                features.add(seen);
                previous.add(observation.previousAction());
                actions.add(action);
                return spec.grid().action(action);
            };
        }
    }

    private static WorkItem item(int[] tokens, int prefix) {
        return new WorkItem(0, tokens, prefix, TARGET, null, 0, SEED);
    }

    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    private record Served(Recorder recorder, CompletionResult result, int[] prompt) {
        WorkItem item() {
            IntStream generated =
                    Objects.requireNonNull(result.trace()).stream().mapToInt(TraceEntry::token);
            return ServedObservationsTest.item(
                    IntStream.concat(IntStream.of(prompt), generated).toArray(), prompt.length);
        }
    }

    private static Served serve(KnobOptions knobs, boolean entropy) {
        Model model = Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT);
        int[] prompt = model.tokenizer().encode(PROMPT, true, true);
        Recorder recorder =
                new Recorder(Samples.decided(Samples.spec(model.info().embeddingLength(), entropy), 3));
        try (CompletionEngine engine = CompletionEngine.open(
                model, ContextOptions.DEFAULT.withThreads(1).withKnobs(knobs), 1)) {
            CompletionResult result = engine.submit(
                            CompletionRequest.builder(PROMPT)
                                    .maxTokens(TOKENS)
                                    .ignoreEos(true)
                                    .sampling(SamplingOptions.GREEDY.withSeed(1))
                                    .budget(TARGET)
                                    .policy(recorder)
                                    .trace(true)
                                    .build(),
                            CompletionListener.NONE)
                    .result()
                    .join();
            return new Served(recorder, result, prompt);
        }
    }

    private static Trajectory rollOut(Served served, KnobOptions knobs, int lanes, int schedules) {
        try (Model model = Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT);
                ModelRollouts rollouts = new ModelRollouts(
                        model,
                        RolloutOptions.DEFAULT.withKnobs(knobs).withThreads(1).withLanes(lanes),
                        null)) {
            PolicyWeights weights = Samples.decided(served.recorder().spec, 3);
            return rollouts.run(List.of(served.item()), weights, TEMPERATURE, schedules)
                    .getFirst();
        }
    }

    /** One schedule alone takes steps of one token, as a server does: all values are equal, hidden states included. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyValueOfAWholeGeneration(boolean pages) {
        KnobOptions knobs = pages ? PAGES : KnobOptions.DEFAULT;
        Served served = serve(knobs, true);
        Trajectory rolled = rollOut(served, knobs, 1, 1);
        Recorder seen = served.recorder();
        int width = rolled.featureLength();

        assertThat(rolled.steps()).isEqualTo(TOKENS - 1);
        assertThat(seen.features).hasSize(TOKENS - 1);
        for (int t = 0; t < TOKENS - 1; t++) {
            assertThat(Arrays.copyOfRange(rolled.features(), t * width, (t + 1) * width))
                    .as("step %d", t)
                    .containsExactly(seen.features.get(t));
            assertThat(rolled.previous()[t]).as("step %d", t).isEqualTo(seen.previous.get(t));
            assertThat(rolled.actions()[t]).as("step %d", t).isEqualTo(seen.actions.get(t));
            assertThat(rolled.effective()[t]).isTrue();
        }
        Budget realised = Objects.requireNonNull(served.result().realised());
        assertThat(mean(rolled, 0)).isCloseTo(realised.attn(), offset(1e-12));
        assertThat(mean(rolled, 1)).isCloseTo(realised.mlp(), offset(1e-12));
        assertThat(mean(rolled, 2)).isCloseTo(realised.bits(), offset(1e-12));
        assertThat(seen.actions.stream().distinct().count()).isGreaterThan(50); // it was worth comparing
    }

    /**
     * In batches llama.cpp sums products in another order, and rounds to F16 in between (11 bits); a last bit can decide between
     * two groups of neurons with nearly the same score. So hidden states, whose mean square is 1, are only near those of a server:
     * most of them by rounding, some by a turned choice, up to the first action that this turns; all else is equal.
     */
    @ParameterizedTest
    @ValueSource(ints = {2, 16})
    void inBatchesWithinRounding(int schedules) {
        Served served = serve(KnobOptions.DEFAULT, false);
        Trajectory rolled = rollOut(served, KnobOptions.DEFAULT, 48, schedules);
        Recorder seen = served.recorder();
        int width = rolled.featureLength();
        int compared = 0;
        int rounded = 0;
        while (compared < TOKENS - 1
                && (compared == 0 || rolled.actions()[compared - 1] == seen.actions.get(compared - 1))) {
            float[] values = Arrays.copyOfRange(rolled.features(), compared * width, (compared + 1) * width);
            float[] expected = seen.features.get(compared);
            double sum = 0;
            for (int i = 0; i < width; i++) {
                sum += Math.abs(values[i] - expected[i]);
            }
            assertThat(sum / width).as("step %d", compared).isLessThan(TURNED);
            rounded += sum / width < ROUNDING ? 1 : 0;
            int scalars = width - Observation.SCALARS;
            assertThat(Arrays.copyOfRange(values, scalars, width))
                    .containsExactly(Arrays.copyOfRange(expected, scalars, width));
            compared++;
        }
        assertThat(compared).isGreaterThan(5);
        assertThat(rounded).isGreaterThan(compared / 2);
    }

    private static double mean(Trajectory rolled, int axis) {
        return IntStream.range(0, rolled.steps())
                .mapToDouble(t -> rolled.realised()[3 * t + axis])
                .average()
                .orElseThrow();
    }
}
