package dev.sol.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.sol.policy.Action;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Owners of native objects under misuse: exceptions, never a crash of this process. */
@Tag("native")
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NativeOwnersTest {
    private static final int PROMPT = 500;
    private static final ContextOptions OPTIONS =
            ContextOptions.DEFAULT.withThreads(1).withBatchSize(512, 16);

    private Path file = Path.of("");

    @BeforeAll
    void write(@TempDir Path folder) throws IOException {
        file = TinyModels.write(folder, "qwen3", "F32");
    }

    private Model load() {
        return Model.load(file, ModelOptions.DEFAULT);
    }

    private static void fill(InferenceContext context, int tokens) {
        context.batch().clear();
        for (int i = 0; i < tokens; i++) {
            context.batch().add(i % 200, i, 0, i == tokens - 1);
        }
    }

    private static void decode(InferenceContext context, int tokens) {
        context.clear();
        fill(context, tokens);
        context.decode();
    }

    @Test
    void everyUseAfterCloseIsRefused() {
        Model model = load();
        InferenceContext context = model.newContext(OPTIONS);
        Sampler sampler = new Sampler(model, SamplingOptions.GREEDY, false, 512);
        Tokenizer tokenizer = model.tokenizer();
        LogProbabilities kept = model.newLogProbabilities(2);
        decode(context, 5);
        float[] hidden = new float[context.embeddingLength()];
        float[] logits = new float[context.vocabularySize()];
        sampler.close();
        assertThatThrownBy(() -> context.sample(sampler, 4)).isInstanceOf(ClosedException.class);
        int[] last = {4};
        int[] row = {0};
        byte[] saved = context.saveSequence(0);
        kept.close();
        assertThatThrownBy(() -> context.keep(kept, last, row)).isInstanceOf(ClosedException.class);
        assertThatThrownBy(() -> context.score(last, row, kept, row)).isInstanceOf(ClosedException.class);
        assertThat(context.score(last, row)).hasSize(1); // the context is as before
        context.close();
        model.close();

        Stream<ThrowingCallable> uses = Stream.of(
                model::info,
                model::tokenizer,
                () -> model.newContext(OPTIONS),
                () -> model.tokenEmbedding(0, hidden),
                () -> tokenizer.encode("x", true, true),
                () -> tokenizer.decode(1),
                () -> tokenizer.bytes(1),
                tokenizer::bos,
                tokenizer::eos,
                tokenizer::eot,
                tokenizer::size,
                tokenizer::endOfGeneration,
                () -> tokenizer.isEndOfGeneration(0),
                () -> new Sampler(model, SamplingOptions.GREEDY, true, 512),
                context::decode,
                context::discardCancel,
                context::clear,
                () -> context.logits(4, logits),
                () -> context.hidden(4, hidden),
                () -> context.usage(4),
                () -> context.sample(sampler, 4),
                () -> context.removeSequence(0, 0, -1),
                () -> context.copySequence(0, 0, 0, -1),
                () -> context.maxPosition(0),
                () -> model.newLogProbabilities(1),
                () -> context.score(last, row),
                () -> context.keep(kept, last, row),
                () -> context.shiftSequence(0, 0, -1, 1),
                () -> context.saveSequence(0),
                () -> context.loadSequence(0, saved),
                () -> sampler.accept(1),
                sampler::reset);
        assertThat(uses).allSatisfy(use -> assertThatThrownBy(use).isInstanceOf(ClosedException.class));
        assertThatThrownBy(() -> context.batch().add(0, 0, 0, true)).isInstanceOf(IllegalStateException.class);
        context.cancel(); // is nothing to a closed context
    }

    @Test
    void closingTwiceDoesNothing() {
        Model model = load();
        InferenceContext context = model.newContext(OPTIONS);
        Sampler sampler = new Sampler(model, SamplingOptions.GREEDY, false, 512);
        LogProbabilities kept = model.newLogProbabilities(2);
        for (int i = 0; i < 2; i++) {
            sampler.close();
            kept.close();
            context.close();
            model.close();
        }
        assertThatThrownBy(context::decode).isInstanceOf(ClosedException.class);
    }

    @Test
    void aContextOutlivesTheCloseOfItsModel() {
        Model model = load();
        InferenceContext context = model.newContext(OPTIONS);
        float[] before = new float[context.vocabularySize()];
        float[] after = new float[context.vocabularySize()];
        decode(context, 20);
        context.logits(19, before);
        model.close();
        decode(context, 20);
        context.logits(19, after);
        context.close();

        assertThat(after).isEqualTo(before);
    }

    @Test
    void logProbabilitiesOutliveTheirModelAndContext() {
        Model model = load();
        InferenceContext context = model.newContext(OPTIONS);
        LogProbabilities kept = model.newLogProbabilities(1);
        decode(context, 20);
        context.keep(kept, new int[] {19}, new int[1]);
        context.close();
        model.close();
        try (kept;
                Model again = load();
                InferenceContext other = again.newContext(OPTIONS)) {
            decode(other, 20);
            TokenScore same =
                    other.score(new int[] {19}, new int[] {1}, kept, new int[1]).getFirst();
            assertThat(same.kl()).isBetween(0f, 1e-6f);
        }
    }

    /** Rows are written by one context and read by another, and closed meanwhile. */
    @Test
    void logProbabilitiesAreSafeToShare() throws Exception {
        try (Model model = load();
                InferenceContext writer = model.newContext(OPTIONS);
                InferenceContext reader = model.newContext(OPTIONS)) {
            decode(writer, 20);
            decode(reader, 20);
            int[] last = {19};
            int[] row = {0};
            for (int round = 0; round < 20; round++) {
                LogProbabilities kept = model.newLogProbabilities(1);
                writer.keep(kept, last, row);
                Queue<Throwable> unexpected = new ConcurrentLinkedQueue<>();
                List<ThrowingCallable> uses = List.of(
                        () -> writer.keep(kept, last, row),
                        () -> assertThat(reader.score(last, row, kept, row)
                                        .getFirst()
                                        .kl())
                                .isLessThan(1e-6f));
                List<Thread> threads = uses.stream()
                        .map(use -> Thread.ofPlatform().start(() -> {
                            Throwable thrown = null;
                            while (thrown == null) {
                                thrown = catchThrowable(use);
                            }
                            if (!(thrown instanceof ClosedException)) {
                                unexpected.add(thrown);
                            }
                        }))
                        .toList();
                Thread.sleep(round);
                kept.close();
                for (Thread thread : threads) {
                    thread.join();
                }
                assertThat(unexpected).isEmpty();
            }
        }
    }

    @Test
    void closingWhileAnotherThreadDecodesCancelsAndWaits() throws Exception {
        try (Model model = load()) {
            for (int round = 0; round < 30; round++) {
                InferenceContext context = model.newContext(OPTIONS);
                CountDownLatch decoding = new CountDownLatch(1);
                AtomicReference<@Nullable Throwable> end = new AtomicReference<>();
                Thread user = Thread.ofPlatform()
                        .start(() -> end.set(catchThrowable(() -> {
                            decode(context, 2);
                            decoding.countDown();
                            while (true) {
                                decode(context, PROMPT);
                            }
                        })));
                decoding.await();
                Thread.sleep(round % 10);
                context.close();
                user.join();

                assertThat(end.get())
                        .isInstanceOfAny(
                                CancellationException.class, ClosedException.class, IllegalStateException.class);
                assertThatThrownBy(context::decode).isInstanceOf(ClosedException.class);
            }
        }
    }

    @Test
    void severalThreadsCloseWhileOthersUse() throws Exception {
        Queue<Throwable> unexpected = new ConcurrentLinkedQueue<>();
        for (int round = 0; round < 10; round++) {
            Model model = load();
            InferenceContext context = model.newContext(OPTIONS);
            List<ThrowingCallable> uses = List.of(
                    () -> decode(context, PROMPT),
                    () -> model.tokenizer().encode("the text", true, false),
                    () -> context.maxPosition(0),
                    context::cancel,
                    () -> {
                        context.close();
                        model.close();
                    },
                    () -> {
                        model.close();
                        context.close();
                    });
            List<Thread> threads = uses.stream()
                    .map(use -> Thread.ofPlatform().start(() -> {
                        for (int i = 0; i < 20; i++) {
                            Throwable thrown = catchThrowable(use);
                            if (thrown != null && !isExpected(thrown)) {
                                unexpected.add(thrown);
                            }
                        }
                    }))
                    .toList();
            for (Thread thread : threads) {
                thread.join();
            }
            assertThatThrownBy(context::decode).isInstanceOf(ClosedException.class);
            assertThatThrownBy(model::info).isInstanceOf(ClosedException.class);
        }
        assertThat(unexpected).isEmpty();
    }

    /** Closed, in use, or cancelled. */
    private static boolean isExpected(Throwable thrown) {
        return thrown instanceof IllegalStateException || thrown instanceof CancellationException;
    }

    @Test
    void aSecondThreadIsTurnedAway() throws Exception {
        try (Model model = load();
                InferenceContext context = model.newContext(OPTIONS)) {
            AtomicReference<@Nullable Throwable> end = new AtomicReference<>();
            Thread user = Thread.ofPlatform()
                    .name("the first")
                    .start(() -> end.set(catchThrowable(() -> {
                        while (true) {
                            try {
                                decode(context, PROMPT);
                            } catch (ContextInUseException e) {
                                Thread.onSpinWait(); // the other one was first
                            }
                        }
                    })));
            Throwable thrown = null;
            while (!(thrown instanceof ContextInUseException)) {
                thrown = catchThrowable(() -> context.maxPosition(0));
            }
            assertThat(thrown).hasMessageContaining("the first");
            context.cancel();
            user.join();
            assertThat(end.get()).isInstanceOf(CancellationException.class);
        }
    }

    @Test
    void aCancelledDecodeLeavesTheContextUsable() throws Exception {
        try (Model model = load();
                InferenceContext context = model.newContext(OPTIONS)) {
            float[] expected = new float[context.vocabularySize()];
            decode(context, 20);
            context.logits(19, expected);

            for (int round = 0; round < 20; round++) {
                CountDownLatch started = new CountDownLatch(1);
                Thread canceller = Thread.ofPlatform().start(() -> {
                    try {
                        started.await();
                        Thread.sleep(1);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    context.cancel();
                });
                started.countDown();
                assertThatThrownBy(() -> {
                            while (true) {
                                decode(context, PROMPT);
                            }
                        })
                        .isInstanceOf(CancellationException.class);
                canceller.join();
                assertThat(context.maxPosition(0)).isLessThan(PROMPT - 1);

                float[] logits = new float[context.vocabularySize()];
                decode(context, 20);
                context.logits(19, logits);
                assertThat(logits).isEqualTo(expected);
            }
        }
    }

    @Test
    void aCancellationBeforeTheDecodeCountsUnlessItIsDiscarded() {
        try (Model model = load();
                InferenceContext context = model.newContext(OPTIONS)) {
            context.cancel();
            fill(context, 5);
            assertThatThrownBy(context::decode).isInstanceOf(CancellationException.class);
            assertThat(context.maxPosition(0)).isEqualTo(-1);

            context.cancel();
            context.discardCancel();
            decode(context, 5);
            assertThat(context.maxPosition(0)).isEqualTo(4);
            context.discardCancel(); // also without one
            assertThat(context.maxPosition(0)).isEqualTo(4);
        }
    }

    /** Against what contexts take that are kept: a leak of a quarter of it would show. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void closingGivesTheMemoryBack() throws IOException {
        try (Model model = load()) {
            decodeAndClose(model, 5); // what is allocated once
            long before = residentBytes();
            List<InferenceContext> kept =
                    Stream.generate(() -> model.newContext(OPTIONS)).limit(20).toList();
            kept.forEach(context -> decode(context, PROMPT));
            long perKept = residentBytes() - before;
            kept.forEach(InferenceContext::close);

            long closed = residentBytes();
            decodeAndClose(model, 80);
            assertThat(perKept).isPositive();
            assertThat(residentBytes() - closed).isLessThan(perKept);
        }
    }

    private static void decodeAndClose(Model model, int times) {
        for (int i = 0; i < times; i++) {
            try (InferenceContext context = model.newContext(OPTIONS)) {
                decode(context, PROMPT);
            }
        }
    }

    private static long residentBytes() throws IOException {
        String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ", -1);
        return Long.parseLong(pages[1]) * 4096;
    }

    @Test
    void wrongArgumentsAreNamed() {
        try (Model model = load();
                InferenceContext context = model.newContext(OPTIONS.withContextLength(300))) {
            Batch batch = context.batch();
            assertThat(context.contextLength()).isEqualTo(300);
            assertThat(batch.capacity()).isEqualTo(300);
            assertThatThrownBy(() -> batch.add(0, 300, 0, true))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("position 300");
            assertThatThrownBy(() -> batch.add(0, -1, 0, true)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(context::decode).isInstanceOf(IllegalArgumentException.class); // of nothing

            batch.add(100_000, 0, 0, true);
            assertThatThrownBy(context::decode)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("100000");
            batch.clear();
            batch.add(0, 0, 1, true);
            assertThatThrownBy(context::decode)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("seq");
            batch.clear();
            batch.add(0, 7, 0, true);
            assertThatThrownBy(context::decode)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("pos");

            fill(context, 3);
            context.decode();
            assertThatThrownBy(() -> context.logits(0, new float[context.vocabularySize()]))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> context.logits(2, new float[1])).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> context.hidden(2, new float[1])).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> context.usage(2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("knobs");
            assertThatThrownBy(() -> model.tokenEmbedding(-1, new float[context.embeddingLength()]))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> model.tokenizer().bytes(100_000)).isInstanceOf(IllegalArgumentException.class);

            fill(context, 300);
            assertThatThrownBy(() -> batch.add(0, 299, 0, true))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("full");
            batch.clear();
            batch.add(0, 3, 0, true, new Action(0.5, 0.5, 8));
            context.decode();
            assertThat(context.usage(0).mlpUnits()).isPositive();
        }
    }

    @Test
    void optionsThatDoNotFitTheModelAreRefused() {
        try (Model model = load()) {
            assertThatThrownBy(() -> model.newContext(OPTIONS.withContextLength(513)))
                    .isInstanceOf(RequestException.class)
                    .hasMessageContaining("512")
                    .hasMessageContaining("513");
            assertThatThrownBy(() -> model.newContext(OPTIONS.withMaxSequences(1000)))
                    .isInstanceOf(RequestException.class)
                    .hasMessageContaining("1000");
            assertThat(model.info().contextLength()).isEqualTo(512); // the model is as before
        }
    }
}
