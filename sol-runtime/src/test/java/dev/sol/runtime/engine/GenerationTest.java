package dev.sol.runtime.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.list;
import static org.assertj.core.data.Offset.offset;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Policies;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import dev.sol.runtime.LayerKnobs;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.SamplingOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The decode loop, on a decoder that has no model. */
class GenerationTest {
    private static final Budget HALF = Budget.ofNet(0.5, ActionGrid.defaultGrid());

    private static final long PAUSE_MILLIS = 5;

    private final List<String> shown = new ArrayList<>();

    private CompletionResult run(Decoder decoder, CompletionRequest.Builder request) {
        return Alone.complete(decoder, request.build(), shown::add);
    }

    private static CompletionRequest.Builder request(String prompt) {
        return CompletionRequest.builder(prompt);
    }

    // ---- Text

    @Test
    void generatesAsManyTokensAsAskedFor() {
        CompletionResult result = run(new FakeDecoder("hello "), request("abc").maxTokens(8));

        assertThat(result.text()).isEqualTo("hello he");
        assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(result.promptTokens()).isEqualTo(3);
        assertThat(result.completionTokens()).isEqualTo(8);
        assertThat(result.steps()).isEqualTo(7);
        assertThat(result.cappedMaxTokens()).isEmpty();
        assertThat(result.trace()).isNull();
        assertThat(String.join("", shown)).isEqualTo(result.text());
    }

    @Test
    void aTokenThatEndsTheTextCountsButShowsNothing() {
        CompletionResult result =
                run(new FakeDecoder("hi\0there"), request("abc").trace(true));

        assertThat(result.text()).isEqualTo("hi");
        assertThat(result.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(result.completionTokens()).isEqualTo(3);
        assertThat(result.trace()).last().isEqualTo(new TraceEntry(FakeDecoder.END, "", Action.DENSE));
    }

    @Test
    void aTokenThatIsToBeShownIsPartOfTheTextAlsoWhenItEndsIt() {
        CompletionResult result =
                run(new FakeDecoder("hi\0there"), request("abc").trace(true).shownTokens(Set.of(FakeDecoder.END)));

        assertThat(result.text()).isEqualTo("hi<end>");
        assertThat(String.join("", shown)).isEqualTo(result.text());
        assertThat(result.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(result.completionTokens()).isEqualTo(3);
        assertThat(result.trace()).last().isEqualTo(new TraceEntry(FakeDecoder.END, "<end>", Action.DENSE));
    }

    @Test
    void ignoreEosIsPassedOn() {
        CompletionResult result =
                run(new FakeDecoder("hi\0there"), request("abc").ignoreEos(true).maxTokens(5));

        assertThat(result.text()).isEqualTo("hithe");
        assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void aStopStringEndsTheTextAndIsNeverShown() {
        CompletionResult result =
                run(new FakeDecoder("one, two, three"), request("x").stop("wo,", "zzz"));

        assertThat(result.text()).isEqualTo("one, t");
        assertThat(result.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(result.completionTokens()).isEqualTo("one, two,".length());
        assertThat(String.join("", shown)).isEqualTo("one, t");
    }

    @Test
    void whatWasHeldBackForAStopStringIsShownAtTheEnd() {
        CompletionResult result =
                run(new FakeDecoder("abcd"), request("x").stop("cdX").maxTokens(4));

        assertThat(result.text()).isEqualTo("abcd");
        assertThat(shown).containsExactly("a", "b", "cd");
    }

    @Test
    void charactersAreShownWhole() {
        CompletionResult result =
                run(new FakeDecoder("é🙂"), request("x").maxTokens(6).trace(true));

        assertThat(shown).containsExactly("é", "🙂");
        assertThat(result.trace()).extracting(TraceEntry::text).containsExactly("", "é", "", "", "", "🙂");
    }

    @Test
    void anUnfinishedCharacterAtTheEndIsReplaced() {
        CompletionResult result =
                run(new FakeDecoder("é🙂"), request("x").maxTokens(4).trace(true));

        assertThat(result.text()).isEqualTo("é\uFFFD");
        assertThat(String.join("", shown)).isEqualTo(result.text());
        assertThat(result.trace()).extracting(TraceEntry::text).containsExactly("", "é", "", "\uFFFD");
    }

    // ---- Prompt and context

    @Test
    void theContextIsNeverExceeded() {
        FakeDecoder decoder = new FakeDecoder("x", 10, List.of(FakeDecoder.LAYER));
        CompletionResult result = run(decoder, request("1234567").maxTokens(100));

        // 7 of the prompt and 3 decoded; the fourth generated token is never decoded
        assertThat(result.completionTokens()).isEqualTo(4);
        assertThat(result.cappedMaxTokens()).hasValue(4);
        assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(decoder.calls).filteredOn(call -> call.startsWith("step")).hasSize(3);
    }

    @Test
    void aPromptThatFillsTheContextGivesOneToken() {
        CompletionResult result = run(
                new FakeDecoder("x", 10, List.of(FakeDecoder.LAYER)),
                request("1234567890").budget(HALF));

        assertThat(result.text()).isEqualTo("x");
        assertThat(result.steps()).isZero();
        assertThat(result.realised()).isNull();
        assertThat(result.cappedMaxTokens()).hasValue(1);
    }

    @Test
    void aPromptThatIsTooLongIsRefusedWithBothLengths() {
        assertThatThrownBy(() -> run(new FakeDecoder("x", 10, List.of(FakeDecoder.LAYER)), request("12345678901")))
                .isInstanceOfSatisfying(RequestException.class, e -> {
                    assertThat(e).hasMessageContaining("11").hasMessageContaining("10");
                    assertThat(e.param()).isEqualTo("prompt");
                    assertThat(e.code()).isEqualTo("context_length_exceeded");
                });
    }

    @Test
    void anEmptyPromptIsTheTokenThatBeginsAText() {
        FakeDecoder decoder = new FakeDecoder("x");

        assertThat(run(decoder, request("").maxTokens(1)).promptTokens()).isEqualTo(1);
        decoder.hasBegin = false;
        assertThatThrownBy(() -> run(decoder, request("")))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("empty");
    }

    @Test
    void tokensOfAPromptMustBeInTheVocabulary() {
        FakeDecoder decoder = new FakeDecoder("x");
        var good = CompletionRequest.builder(new Prompt.Tokens(List.of(0, 257)));
        var bad = CompletionRequest.builder(new Prompt.Tokens(List.of(0, 258)));

        assertThat(run(decoder, good.maxTokens(1)).promptTokens()).isEqualTo(2);
        assertThatThrownBy(() -> run(decoder, bad))
                .isInstanceOfSatisfying(
                        RequestException.class, e -> assertThat(e.param()).isEqualTo("prompt"))
                .hasMessageContaining("258");
    }

    // ---- Budgets

    @Test
    void withoutABudgetStepsAreDense() {
        FakeDecoder decoder = new FakeDecoder("x");
        CompletionResult result =
                run(decoder, request("0123456789").maxTokens(5).trace(true).policy(Policies.byName("random")));

        assertThat(decoder.calls)
                .filteredOn(call -> call.startsWith("step"))
                .hasSize(4)
                .allMatch(call -> call.endsWith(" " + Action.DENSE));
        assertThat(result.requested()).isEqualTo(Budget.DENSE);
        assertThat(result.realised()).isEqualTo(Budget.DENSE);
        assertThat(result.policy()).isEqualTo("dense");
        assertThat(result.trace())
                .extracting(TraceEntry::knobs)
                .containsExactly(null, Action.DENSE, Action.DENSE, Action.DENSE, Action.DENSE);
    }

    @Test
    void withoutEffectiveStepsNothingIsRealised() {
        // prompt 3, steps that see 4 … 7 positions: all are forced
        assertThat(run(new FakeDecoder("x"), request("abc").maxTokens(5)).realised())
                .isNull();
        assertThat(run(new FakeDecoder("x"), request("abc").maxTokens(5).budget(HALF))
                        .realised())
                .isNull();
        assertThat(run(new FakeDecoder("x"), request("abc").maxTokens(6)).realised())
                .isEqualTo(Budget.DENSE);
    }

    @Test
    void theKnobsBeginWithTheFirstStepThatSeesMoreThanIsForced() {
        FakeDecoder decoder = new FakeDecoder("x");
        CompletionResult result =
                run(decoder, request("abcd").maxTokens(7).budget(HALF).trace(true));

        // the first step sees 5 positions, the fourth 8
        assertThat(decoder.calls)
                .filteredOn(call -> call.startsWith("step"))
                .extracting(call -> call.endsWith(" " + Action.DENSE))
                .containsExactly(true, true, true, false, false, false);
        List<Action> knobs = requireNonNull(result.trace()).stream()
                .skip(1)
                .map(TraceEntry::knobs)
                .toList();
        assertThat(knobs.subList(0, 3)).containsOnly(Action.DENSE);
        assertThat(knobs.subList(3, 6)).doesNotContain(Action.DENSE);
    }

    @Test
    void theRealisedMeansMeetTheTargets() {
        for (String policy : List.of("uniform", "random", "entropy", "drift")) {
            CompletionResult result = run(
                    new FakeDecoder("x"),
                    request("abcdefgh").maxTokens(300).budget(HALF).policy(Policies.byName(policy)));
            Budget realised = result.realised();

            assertThat(realised).isNotNull();
            for (Axis axis : Axis.values()) {
                assertThat(axis.share(realised.get(axis)))
                        .as("%s of %s", axis, policy)
                        .isCloseTo(0.5, offset(0.02));
            }
            assertThat(result.requested()).isEqualTo(HALF);
            assertThat(result.policy()).isEqualTo(policy);
            assertThat(result.unreached()).isEmpty();
        }
    }

    @Test
    void aKnobThatReachesNoLayerIsRealisedAsDenseAndReported() {
        LayerKnobs mlpOnly = new LayerKnobs(LayerKnobs.Attention.NONE, 10, 0, 0, false, false, false);
        CompletionResult result = run(
                new FakeDecoder("x", 1000, List.of(mlpOnly)),
                request("abcdefgh").maxTokens(100).budget(HALF));

        assertThat(result.unreached()).containsExactly(Axis.ATTN, Axis.BITS);
        assertThat(result.realised()).satisfies(realised -> {
            assertThat(realised.attn()).isEqualTo(1);
            assertThat(realised.bits()).isEqualTo(16);
            assertThat(realised.mlp()).isCloseTo(0.5, offset(0.02));
        });
    }

    /** At the middle step, 60 + 40 positions before the token, dense takes 1 + 1.01 + 2 ms. */
    @Test
    void aTimePerTokenIsResolvedAtTheMiddleStep() {
        CompletionRequest.Builder request = request("a".repeat(60)).maxTokens(80);
        CompletionResult dense = run(new FakeDecoder("x"), request.millisPerToken(4.02));
        CompletionResult half = run(new FakeDecoder("x"), request.millisPerToken(3.01));

        assertThat(dense.requested()).isEqualTo(Budget.DENSE);
        assertThat(dense.policy()).isEqualTo("uniform");
        assertThat(dense.predictedMillisPerToken()).hasValueCloseTo(4.01, offset(1e-9));
        assertThat(half.requested()).isEqualTo(new Budget(1, 0.5, 16));
        assertThat(half.predictedMillisPerToken()).hasValueCloseTo(3.01, offset(1e-9));
        assertThat(requireNonNull(half.realised()).mlp()).isCloseTo(0.5, offset(0.02));
        assertThat(half.millisPerToken()).isPositive().isFinite();
    }

    /** As above, where the policy takes half a millisecond of the time. */
    @Test
    void thePolicyIsPaidFromTheTimePerToken() {
        CompletionRequest.Builder request =
                request("a".repeat(60)).maxTokens(80).policy(NamedPolicy.of("learned"));
        CompletionResult half = run(new FakeDecoder("x"), request.millisPerToken(3.51));

        assertThat(half.requested()).isEqualTo(new Budget(1, 0.5, 16));
        assertThat(half.predictedMillisPerToken()).hasValueCloseTo(3.51, offset(1e-9));
        assertThatThrownBy(() -> run(new FakeDecoder("x"), request.millisPerToken(1.6)))
                .hasMessageContaining("budget.ms_per_token must be at least 1.67 (the minimum")
                .hasMessageContaining("but is 1.6");
    }

    @Test
    void aTimeThatCannotBeMetFailsBeforeThePromptAndNamesTheLeast() {
        FakeDecoder decoder = new FakeDecoder("x");
        CompletionRequest.Builder request = request("a".repeat(60)).maxTokens(80);

        assertThatThrownBy(() -> run(decoder, request.millisPerToken(1)))
                .isInstanceOfSatisfying(RequestException.class, e -> {
                    assertThat(e.code()).isEqualTo("unattainable_budget");
                    assertThat(e.param()).isEqualTo("budget.ms_per_token");
                })
                .hasMessageContaining(
                        "budget.ms_per_token must be at least 1.17 (the minimum at a depth of 100 tokens)");
        assertThat(decoder.calls).isEmpty();
        assertThat(run(decoder, request.millisPerToken(1.17)).requested()).isEqualTo(new Budget(0.05, 0.05, 16));
    }

    @Test
    void aCancelledCalibrationEndsTheCompletion() {
        FakeDecoder decoder = new FakeDecoder("x");
        Alone alone = new Alone(decoder);
        CompletionTask task = alone.task(request("abc").millisPerToken(2).build(), shown::add);
        task.cancel();
        CompletionResult result = alone.run(task);

        assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(result.predictedMillisPerToken()).isEmpty();
    }

    @Test
    void stepsAreTimedWithoutWhatDeliversTheText() {
        CompletionResult result =
                Alone.complete(new FakeDecoder("x"), request("abc").maxTokens(5).build(), _ -> pause());

        assertThat(result.stepMillis()).isLessThan(result.timings().predictedMillis() - 4 * PAUSE_MILLIS);
        assertThat(result.millisPerToken()).isEqualTo(result.stepMillis() / 4);
        assertThat(result.predictedMillisPerToken()).isEmpty();
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void thePolicySeesWhatItAsksFor() {
        List<List<Float>> seen = new ArrayList<>();
        ComputePolicy curious = new ComputePolicy() {
            @Override
            public String name() {
                return "curious";
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
            public PolicySession start(PolicyContext context) {
                return observation -> {
                    seen.add(List.of(
                            observation.hidden()[0],
                            observation.embedding()[0],
                            (float) observation.step(),
                            (float) observation.remaining(),
                            (float) observation.previousAction()));
                    return context.grid().action(17);
                };
            }
        };

        run(
                new FakeDecoder("abcd"),
                request("01234567").maxTokens(4).budget(HALF).policy(curious));

        // the state after 8, 9, 10 positions; the token to be decoded
        assertThat(seen)
                .containsExactly(
                        List.of(8f, 97f, 0f, 3f, -1f), List.of(9f, 98f, 1f, 2f, 17f), List.of(10f, 99f, 2f, 1f, 17f));
    }

    @Test
    void aPolicySeesTheEntropyOfTheStepBeforeIfItAsks() {
        List<Double> seen = new ArrayList<>();
        ComputePolicy curious = new ComputePolicy() {
            @Override
            public String name() {
                return "curious";
            }

            @Override
            public boolean needsEntropy() {
                return true;
            }

            @Override
            public PolicySession start(PolicyContext context) {
                return observation -> {
                    seen.add(observation.previousEntropy());
                    return context.grid().action(17);
                };
            }
        };
        FakeDecoder decoder = new FakeDecoder("abcd");

        run(decoder, request("01234567").maxTokens(4).budget(HALF).policy(curious));

        assertThat(seen).containsExactly(.008, .009, .010);
        decoder.calls.clear();
        run(decoder, request("01234567").maxTokens(4).budget(HALF));
        assertThat(decoder.calls).noneMatch(call -> call.startsWith("entropy"));
    }

    @Test
    void aPolicyThatCannotKeepTheBudgetIsTheRequestsFault() {
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

        assertThatThrownBy(() ->
                        run(new FakeDecoder("x"), request("abc").budget(HALF).policy(unable)))
                .isInstanceOfSatisfying(
                        RequestException.class, e -> assertThat(e.param()).isEqualTo("budget"))
                .hasMessageContaining("unable")
                .hasMessageContaining("too little");
        assertThat(run(new FakeDecoder("x"), request("abc").maxTokens(2).policy(unable))
                        .text())
                .isEqualTo("xx"); // without a budget it is not asked
    }

    @Test
    void equalSeedsGiveEqualActions() {
        var request = request("abcdefgh")
                .maxTokens(50)
                .budget(HALF)
                .trace(true)
                .policy(Policies.byName("random"))
                .sampling(SamplingOptions.DEFAULT.withSeed(5));

        List<TraceEntry> first = run(new FakeDecoder("x"), request).trace();

        assertThat(run(new FakeDecoder("x"), request).trace()).isEqualTo(first);
        assertThat(run(new FakeDecoder("x"), request.sampling(SamplingOptions.DEFAULT.withSeed(6)))
                        .trace())
                .asInstanceOf(list(TraceEntry.class))
                .isNotEqualTo(first);
    }

    // ---- Cancellation

    @Test
    void aCancellationIsSeenBeforeTheNextStep() {
        FakeDecoder decoder = new FakeDecoder("abc");
        Alone alone = new Alone(decoder);
        CompletionTask task = alone.task(request("abc").stop("cX").build(), shown::add);
        decoder.onDecode = () -> {
            if (decoder.calls.size() == 3) {
                task.cancel();
            }
        };
        CompletionResult result = alone.run(task);

        assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(result.text()).isEqualTo("abc"); // also what was held back
        assertThat(String.join("", shown)).isEqualTo("abc");
        assertThat(result.steps()).isEqualTo(2);
    }

    @Test
    void aCancelledPromptGivesAnEmptyResult() {
        FakeDecoder decoder = new FakeDecoder("abc");
        Alone alone = new Alone(decoder);
        CompletionTask task = alone.task(request("abc").budget(HALF).trace(true).build(), shown::add);
        decoder.onDecode = task::cancel;
        CompletionResult result = alone.run(task);

        assertThat(result.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(result.completionTokens()).isZero();
        assertThat(result.steps()).isZero();
        assertThat(result.text()).isEmpty();
        assertThat(result.realised()).isNull();
        assertThat(result.trace()).isEmpty();
        assertThat(result.timings().predictedMillis()).isZero();
        assertThat(result.timings().predictedMillisPerToken()).isZero();
    }
}
