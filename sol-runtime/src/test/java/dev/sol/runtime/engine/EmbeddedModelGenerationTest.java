package dev.sol.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.Policies;
import dev.sol.runtime.ClosedException;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelException;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.SamplingOptions;
import dev.sol.runtime.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Completions of the embedded model. */
@Tag("model")
@Timeout(300)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EmbeddedModelGenerationTest {
    private static final String PROMPT = "Once upon a time";

    private CompletionEngine engine;
    private Tokenizer tokenizer;

    @BeforeAll
    void open() {
        Model model = Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT);
        tokenizer = model.tokenizer();
        engine = CompletionEngine.open(model, ContextOptions.DEFAULT.withThreads(1), 4);
    }

    @AfterAll
    void close() {
        engine.close();
    }

    private static CompletionRequest.Builder greedy(String prompt, int tokens) {
        return CompletionRequest.builder(prompt).maxTokens(tokens).sampling(SamplingOptions.GREEDY);
    }

    private CompletionResult complete(CompletionRequest.Builder request) {
        return engine.submit(request.build(), CompletionListener.NONE).result().join();
    }

    @Test
    void greedyTextIsTheSameEveryTimeAndHoweverItIsRead() {
        List<String> pieces = new ArrayList<>();
        CompletionResult first =
                engine.submit(greedy(PROMPT, 64).build(), pieces::add).result().join();
        CompletionResult second = complete(greedy(PROMPT, 64));

        assertThat(first.text()).isNotBlank();
        assertThat(second.text()).isEqualTo(first.text());
        assertThat(String.join("", pieces)).isEqualTo(first.text());
        assertThat(pieces).hasSizeGreaterThan(30);
        assertThat(first.completionTokens()).isEqualTo(64);
        assertThat(first.promptTokens()).isEqualTo(tokenizer.encode(PROMPT, true, true).length);
        assertThat(first.timings().promptMillis()).isPositive();
        assertThat(first.millisPerToken()).isPositive();
    }

    @ParameterizedTest
    @CsvSource({"uniform,0.6", "random,0.6", "uniform,0.3", "random,0.8", "uniform,0.9"})
    void theRealisedBudgetIsTheOneAskedFor(String policy, double net) {
        CompletionResult result = complete(CompletionRequest.builder(PROMPT)
                .maxTokens(64)
                .ignoreEos(true)
                .sampling(SamplingOptions.DEFAULT.withSeed(1))
                .budget(Budget.ofNet(net, ActionGrid.defaultGrid()))
                .policy(Policies.byName(policy))
                .trace(true));
        Budget realised = Objects.requireNonNull(result.realised());
        Budget requested = result.requested();

        assertThat(realised.net()).isCloseTo(net, offset(0.02));
        assertThat(realised.attn()).isCloseTo(requested.attn(), offset(0.05));
        assertThat(realised.mlp()).isCloseTo(requested.mlp(), offset(0.03));
        assertThat(realised.bits()).isCloseTo(requested.bits(), offset(0.5));
        assertThat(result.steps()).isEqualTo(63);
        assertThat(result.policy()).isEqualTo(policy);
        assertThat(result.cappedMaxTokens()).isEmpty();

        List<TraceEntry> trace = Objects.requireNonNull(result.trace());
        assertThat(trace).hasSize(64);
        assertThat(trace.getFirst().knobs()).isNull();
        assertThat(String.join("", trace.stream().map(TraceEntry::text).toList()))
                .isEqualTo(result.text());
        double chosenBits = trace.stream()
                .skip(1)
                .map(TraceEntry::knobs)
                .filter(knobs -> knobs != null && !knobs.isDense())
                .mapToInt(Action::actBits)
                .average()
                .orElseThrow();
        assertThat(chosenBits).isCloseTo(realised.bits(), offset(0.5));
    }

    @Test
    void aBudgetChangesTheTextAndADenseOneDoesNot() {
        CompletionResult dense = complete(greedy(PROMPT, 64));

        assertThat(complete(greedy(PROMPT, 64).budget(Budget.DENSE)).text()).isEqualTo(dense.text());
        assertThat(complete(greedy(PROMPT, 64).budget(new Budget(0.2, 0.2, 5))).text())
                .isNotEqualTo(dense.text());
        assertThat(dense.requested()).isEqualTo(Budget.DENSE);
        assertThat(dense.realised()).isEqualTo(Budget.DENSE);
        assertThat(dense.policy()).isEqualTo("dense");
    }

    @Test
    void theContextOf256TokensIsNeverExceeded() {
        CompletionResult result = complete(greedy(PROMPT, 1000).ignoreEos(true));
        int room = 256 - result.promptTokens() + 1;

        assertThat(engine.contextLength()).isEqualTo(256);
        assertThat(result.completionTokens()).isEqualTo(room);
        assertThat(result.cappedMaxTokens()).hasValue(room);
        assertThat(result.promptTokens() + result.steps()).isEqualTo(256);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Ωμέγα и Привет 你好，世界", "🙂👩‍👩‍👧 𝄞", "नमस्ते שלום", "é\u0000ü"})
    void textIsWholeInAnyLanguage(String prompt) {
        List<String> pieces = new ArrayList<>();
        CompletionRequest request = CompletionRequest.builder(prompt)
                .maxTokens(100)
                .ignoreEos(true)
                .trace(true)
                // hot enough for bytes that are no UTF-8
                .sampling(new SamplingOptions(
                        50,
                        0,
                        1,
                        0,
                        1,
                        0,
                        0,
                        0,
                        SamplingOptions.DEFAULT.withSeed(5).seed()))
                .build();
        CompletionResult result = engine.submit(request, pieces::add).result().join();

        assertThat(pieces)
                .allSatisfy(piece -> assertThat(piece.codePoints())
                        .noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
        assertThat(String.join("", pieces)).isEqualTo(result.text());
        int[] tokens = Objects.requireNonNull(result.trace()).stream()
                .mapToInt(TraceEntry::token)
                .toArray();
        assertThat(tokenizer.decode(tokens)).isEqualTo(result.text());
        assertThat(tokenizer.decode(tokenizer.encode(prompt, false, false))).isEqualTo(prompt);
    }

    @Test
    void aStopStringAcrossTokensEndsTheText() {
        String text = complete(greedy(PROMPT, 64)).text();
        String stop = text.substring(17, 24);
        List<String> pieces = new ArrayList<>();
        CompletionResult result = engine.submit(greedy(PROMPT, 64).stop(stop).build(), pieces::add)
                .result()
                .join();

        assertThat(result.text()).isEqualTo(text.substring(0, text.indexOf(stop)));
        assertThat(result.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(String.join("", pieces)).isEqualTo(result.text());
    }

    @Test
    void anEmptyPromptBeginsAText() {
        CompletionResult result = complete(greedy("", 10));

        assertThat(result.promptTokens()).isEqualTo(1);
        assertThat(result.completionTokens()).isBetween(1, 10);
    }

    @Test
    void tokensOfAPromptGiveTheSameAsItsText() {
        List<Integer> tokens =
                Arrays.stream(tokenizer.encode(PROMPT, true, true)).boxed().toList();

        assertThat(complete(CompletionRequest.builder(new Prompt.Tokens(tokens))
                                .maxTokens(20)
                                .sampling(SamplingOptions.GREEDY))
                        .text())
                .isEqualTo(complete(greedy(PROMPT, 20)).text());
    }

    @Test
    void aModelWithoutTokenizerIsRefused(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("no-tokenizer.gguf");
        byte[] key = "tokenizer.ggml.model".getBytes(StandardCharsets.US_ASCII);
        byte[] content = Files.readAllBytes(EmbeddedModel.file());
        int value = indexOf(content, key) + key.length + 4 + 8; // after the type and the length of the value
        assertThat(new String(content, value, 4, StandardCharsets.US_ASCII)).isEqualTo("gpt2");
        System.arraycopy("none".getBytes(StandardCharsets.US_ASCII), 0, content, value, 4);
        Files.write(file, content);

        Model model = Model.load(file, ModelOptions.DEFAULT);
        assertThatThrownBy(() -> CompletionEngine.open(model, ContextOptions.DEFAULT, 1))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("no tokenizer");
        assertThatThrownBy(model::info).isInstanceOf(ClosedException.class); // it was taken over
    }

    private static int indexOf(byte[] content, byte[] key) {
        return new String(content, StandardCharsets.ISO_8859_1).indexOf(new String(key, StandardCharsets.ISO_8859_1));
    }
}
