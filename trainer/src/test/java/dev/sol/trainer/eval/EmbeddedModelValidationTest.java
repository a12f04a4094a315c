package dev.sol.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sol.policy.Budget;
import dev.sol.policy.learned.LearnedPolicy;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Validation on the embedded model. */
@Tag("model")
@Timeout(300)
class EmbeddedModelValidationTest {
    private static final int WINDOW = 64;
    private static final int PREFIX = 16;
    private static final List<Budget> TARGETS = List.of(new Budget(.34, .34, 7.1), new Budget(.66, .66, 9.9));

    private static Model model;
    private static List<int[]> windows;

    @BeforeAll
    static void load() {
        model = Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT);
        String text = """
                Once upon a time there lived in a little house at the edge of the wood a miller who had three sons and one \
                daughter. The eldest went out into the world to seek his fortune, and when a year had gone by he came home \
                with nothing but an old hat. "Father," said he, "the hat will show us the way to the castle under the hill, \
                where the queen of the birds keeps the golden key." But the miller only laughed and gave him bread.""";
        int[] tokens = model.tokenizer().encode(text, false, false);
        windows = IntStream.range(0, 8)
                .mapToObj(i -> {
                    int from = i * (tokens.length - WINDOW) / 7;
                    return Arrays.copyOfRange(tokens, from, from + WINDOW);
                })
                .toList();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static PolicyValidation validation() {
        return PolicyValidation.open(model, windows, PREFIX, 1, KnobOptions.DEFAULT, TARGETS);
    }

    @Test
    void theStartIsAsGoodAsUniformAndExtremesAreWorse() {
        LearnedPolicy initial = LearnedPolicies.initial(model.info().embeddingLength());
        double start;
        try (PolicyValidation validation = validation()) {
            start = validation.difference(initial);
            double extreme =
                    validation.difference(LearnedPolicies.extreme(model.info().embeddingLength()));
            assertThat(start).isCloseTo(0, within(.03)); // 750 tokens
            assertThat(extreme).isGreaterThan(.1);
        }
        // As after a run was resumed.
        try (PolicyValidation again = validation()) {
            assertThat(again.difference(initial)).isEqualTo(start);
        }
    }

    @Test
    void aRunningValidationCanBeCancelled() throws Exception {
        LearnedPolicy initial = LearnedPolicies.initial(model.info().embeddingLength());
        try (PolicyValidation validation = validation()) {
            CompletableFuture<Void> forever = CompletableFuture.runAsync(() -> {
                while (true) {
                    validation.difference(initial);
                }
            });
            Thread.sleep(100);
            validation.cancel();
            assertThatThrownBy(() -> forever.get(60, TimeUnit.SECONDS)).hasCauseInstanceOf(CancellationException.class);
        }
    }
}
