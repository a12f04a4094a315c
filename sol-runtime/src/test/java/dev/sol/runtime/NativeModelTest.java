package dev.sol.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.sol.policy.Action;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models of several architectures: what they report, what the counters say, what the sampler picks. */
@Tag("native")
@Timeout(120)
class NativeModelTest {
    private static final ContextOptions OPTIONS = ContextOptions.DEFAULT.withThreads(1);

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"qwen3", "gpt2", "gemma3", "phi3"})
    void aModelTellsWhatItIs(String architecture) throws IOException {
        Path file = TinyModels.write(folder, architecture, "F32");
        try (Model model = Model.load(file, ModelOptions.DEFAULT);
                InferenceContext context = model.newContext(OPTIONS)) {
            ModelInfo info = model.info();

            assertThat(info.architecture()).isEqualTo(architecture);
            assertThat(info.contextLength()).isEqualTo(512);
            assertThat(info.layers()).isEqualTo(architecture.equals("gemma3") ? 4 : 2);
            assertThat(info.embeddingLength()).isEqualTo(64);
            assertThat(info.heads()).isEqualTo(4);
            assertThat(info.parameters()).isPositive();
            assertThat(info.sizeBytes()).isEqualTo(4 * info.parameters());
            assertThat(info.fileType()).isNotBlank();
            assertThat(info.vocabularySize())
                    .isEqualTo(context.vocabularySize())
                    .isEqualTo(model.tokenizer().size());

            assertThat(context.contextLength()).isEqualTo(512);
            assertThat(context.layers()).hasSize(info.layers()).allSatisfy(layer -> {
                assertThat(layer.attention()).isNotEqualTo(LayerKnobs.Attention.NONE);
                assertThat(layer.mlpUnits()).isEqualTo(128 / 8);
                assertThat(layer.sharedUnits()).isZero();
                assertThat(layer.routedUnits()).isZero();
                assertThat(layer.actBits()).isTrue();
            });
            assertThat(context.layers())
                    .filteredOn(layer -> layer.attention() == LayerKnobs.Attention.SLIDING)
                    .hasSize(architecture.equals("gemma3") ? 2 : 0);
            assertThat(KnobReach.of(context.layers()).unreached()).isEmpty();
        }
    }

    @Test
    void theTokenizerEncodesAnyText() throws IOException {
        try (Model model = Model.load(TinyModels.write(folder, "qwen3", "F32"), ModelOptions.DEFAULT)) {
            Tokenizer tokenizer = model.tokenizer();
            String text = "in the Ωμέγα 你好 🙂\n";
            int[] tokens = tokenizer.encode(text, false, false);

            assertThat(tokenizer.decode(tokens)).isEqualTo(text);
            int end = tokenizer.eos().orElseThrow();
            assertThat(tokenizer.isEndOfGeneration(end)).isTrue();
            assertThat(tokenizer.endOfGeneration()).contains(end);
            assertThat(tokenizer.encode("<|endoftext|>", false, true)).containsExactly(end);
            assertThat(tokenizer.encode("<|endoftext|>", false, false)).doesNotContain(end);
            assertThat(tokenizer.decode(end)).isEmpty();
            assertThat(tokenizer.encode("", false, true)).isEmpty();
        }
    }

    /** Two layers of full attention with 4 query heads, 16 units each; every layer sees the one output token. */
    @Test
    void theCountersSayWhatWasUsed() throws IOException {
        try (Model model = Model.load(TinyModels.write(folder, "qwen3", "F32"), ModelOptions.DEFAULT);
                InferenceContext context = model.newContext(OPTIONS)) {
            prefill(context, 99);
            context.batch().clear();
            context.batch().add(5, 99, 0, true, new Action(0.25, 0.3, 8));
            context.decode();

            StepUsage usage = context.usage(0);
            assertThat(usage).isEqualTo(new StepUsage(2 * 4 * 25, 2 * 4 * 100, 0, 0, 2 * 5, 2 * 16, 0, 0, 0, 0));
            assertThat(usage.attn()).isEqualTo(0.25);
            assertThat(usage.mlp()).isCloseTo(5 / 16.0, offset(1e-12));

            context.batch().clear();
            context.batch().add(5, 100, 0, true, new Action(0.05, 1, 16));
            context.decode();
            // 4 sinks, 2 of the window and itself are forced: more than ⌈.05 · 101⌉ = 6
            assertThat(context.usage(0))
                    .isEqualTo(new StepUsage(2 * 4 * 7, 2 * 4 * 101, 0, 0, 2 * 16, 2 * 16, 0, 0, 0, 0));
        }
    }

    /** Two layers of 4 experts, of which a token goes to 2, with 4 units each, and a shared one with 16. */
    @Test
    void expertsOfBothKindsAreCounted() throws IOException {
        try (Model model = Model.load(TinyModels.write(folder, "qwen2moe", "F32"), ModelOptions.DEFAULT);
                InferenceContext context = model.newContext(OPTIONS)) {
            assertThat(context.layers())
                    .hasSize(2)
                    .containsOnly(new LayerKnobs(LayerKnobs.Attention.FULL, 0, 16, 2 * 4, true, false, false));
            prefill(context, 99);
            context.batch().clear();
            context.batch().add(5, 99, 0, true, new Action(1, 0.3, 16));
            context.decode();

            StepUsage usage = context.usage(0);
            assertThat(usage.mlpUnits()).isZero();
            assertThat(usage.sharedKept()).isEqualTo(2 * 5); // ⌈.3 · 16⌉
            assertThat(usage.sharedUnits()).isEqualTo(2 * 16);
            assertThat(usage.routedKept()).isEqualTo(2 * 2 * 2); // ⌈.3 · 4⌉ in each
            assertThat(usage.routedUnits()).isEqualTo(2 * 2 * 4);
            assertThat(usage.mlp()).isEqualTo(18 / 48.0);
        }
    }

    @Test
    void denseKnobsChangeNothing() throws IOException {
        try (Model model = Model.load(TinyModels.write(folder, "gpt2", "F32"), ModelOptions.DEFAULT);
                InferenceContext context = model.newContext(OPTIONS)) {
            float[][] logits = new float[3][context.vocabularySize()];
            float[][] hidden = new float[3][context.embeddingLength()];
            List<Action> knobs = Arrays.asList(null, Action.DENSE, new Action(0.3, 0.3, 6));
            for (int i = 0; i < 3; i++) {
                prefill(context, 50);
                context.batch().clear();
                Action action = knobs.get(i);
                if (action == null) {
                    context.batch().add(5, 50, 0, true);
                } else {
                    context.batch().add(5, 50, 0, true, action);
                }
                context.decode();
                context.logits(0, logits[i]);
                context.hidden(0, hidden[i]);
            }

            assertThat(logits[1]).isEqualTo(logits[0]);
            assertThat(hidden[1]).isEqualTo(hidden[0]);
            assertThat(logits[2]).isNotEqualTo(logits[0]);
        }
    }

    private static void prefill(InferenceContext context, int tokens) {
        context.clear();
        context.batch().clear();
        for (int i = 0; i < tokens; i++) {
            context.batch().add(i % 200, i, 0, i == tokens - 1);
        }
        context.decode();
    }

    @Test
    void sequencesShareAPrefix() throws IOException {
        try (Model model = Model.load(TinyModels.write(folder, "qwen3", "F32"), ModelOptions.DEFAULT);
                InferenceContext context = model.newContext(OPTIONS.withMaxSequences(2))) {
            prefill(context, 10);
            context.copySequence(0, 1, 0, -1);
            assertThat(context.maxPosition(1)).isEqualTo(9);
            context.batch().clear();
            context.batch().add(7, 10, 0, true);
            context.batch().add(7, 10, 1, true);
            context.decode();
            float[] first = new float[context.vocabularySize()];
            float[] second = new float[context.vocabularySize()];
            context.logits(0, first);
            context.logits(1, second);
            assertThat(argmax(second)).isEqualTo(argmax(first));

            context.removeSequence(0, 5, -1);
            assertThat(context.maxPosition(0)).isEqualTo(4);
            assertThat(context.maxPosition(1)).isEqualTo(10);
            context.clear();
            assertThat(context.maxPosition(1)).isEqualTo(-1);
        }
    }

    @Test
    void theSamplerDoesWhatItsOptionsSay() throws IOException {
        try (Model model = Model.load(TinyModels.write(folder, "qwen3", "F32"), ModelOptions.DEFAULT);
                InferenceContext context = model.newContext(OPTIONS)) {
            prefill(context, 10);
            float[] logits = new float[context.vocabularySize()];
            context.logits(9, logits);
            int best = argmax(logits);

            assertThat(samples(model, context, SamplingOptions.GREEDY, false, 3))
                    .containsOnly(best);
            SamplingOptions topOne = new SamplingOptions(
                    1, 1, 1, 0, 1, 0, 0, 0, SamplingOptions.DEFAULT.withSeed(1).seed());
            assertThat(samples(model, context, topOne, false, 3)).containsOnly(best);

            SamplingOptions hot = new SamplingOptions(
                    100,
                    0,
                    1,
                    0,
                    1,
                    0,
                    0,
                    0,
                    SamplingOptions.DEFAULT.withSeed(1).seed());
            List<Integer> drawn = samples(model, context, hot, false, 3000);
            assertThat(samples(model, context, hot, false, 3000)).isEqualTo(drawn);
            assertThat(samples(model, context, hot.withSeed(2), false, 3000)).isNotEqualTo(drawn);
            int end = model.tokenizer().eos().orElseThrow();
            assertThat(drawn).contains(end);
            assertThat(samples(model, context, hot, true, 3000)).doesNotContain(end);

            SamplingOptions penalty = new SamplingOptions(0, 0, 1, 0, 1, 0, 100, -1, SamplingOptions.GREEDY.seed());
            assertThat(samples(model, context, penalty, false, 50))
                    .startsWith(best)
                    .doesNotHaveDuplicates();
            try (Sampler sampler = new Sampler(model, penalty, false, 512)) {
                sampler.accept(best);
                assertThat(context.sample(sampler, 9)).isNotEqualTo(best);
                sampler.reset();
                assertThat(context.sample(sampler, 9)).isEqualTo(best);
            }
        }
    }

    private static List<Integer> samples(
            Model model, InferenceContext context, SamplingOptions options, boolean ignoreEos, int count) {
        try (Sampler sampler = new Sampler(model, options, ignoreEos, 512)) {
            return IntStream.range(0, count)
                    .mapToObj(_ -> context.sample(sampler, 9))
                    .toList();
        }
    }

    private static int argmax(float[] values) {
        return IntStream.range(0, values.length)
                .reduce((a, b) -> values[b] > values[a] ? b : a)
                .orElseThrow();
    }

    // ---- Files that are no models

    @Test
    void filesThatAreNoModels() throws IOException {
        byte[] good = Files.readAllBytes(TinyModels.write(folder, "qwen3", "F32"));
        byte[] otherVersion = good.clone();
        otherVersion[4] = 99;

        assertRefused(folder.resolve("missing.gguf"));
        assertRefused(folder);
        assertRefused(write("empty", new byte[0]));
        assertRefused(
                write("text", "this is no model, whatever its name".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        assertRefused(write("version", otherVersion));
        for (int length : new int[] {4, 20, 100, 5000, good.length / 2, good.length - 1}) {
            assertRefused(write("truncated-" + length, Arrays.copyOf(good, length)));
        }
    }

    private Path write(String name, byte[] content) throws IOException {
        return Files.write(folder.resolve(name + ".gguf"), content);
    }

    private static void assertRefused(Path file) {
        assertThatThrownBy(() -> Model.load(file, ModelOptions.DEFAULT))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining(file.getFileName().toString());
    }
}
