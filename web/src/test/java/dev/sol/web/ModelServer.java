package dev.sol.web;

import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.Model;
import dev.sol.runtime.ModelOptions;
import dev.sol.runtime.chat.ChatTemplate;
import dev.sol.runtime.engine.CompletionEngine;
import dev.sol.runtime.engine.CompletionHandle;
import dev.sol.runtime.engine.CompletionListener;
import dev.sol.runtime.engine.CompletionRequest;
import dev.sol.runtime.engine.EngineStatistics;
import dev.sol.runtime.engine.PolicyRegistry;
import dev.sol.runtime.engine.TraceEntry;
import dev.sol.runtime.openai.RequestLimits;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A server with the embedded model on a free port. */
final class ModelServer implements AutoCloseable {
    static final String MODEL = EmbeddedModel.ID;

    /** Of the embedded model. */
    static final int CONTEXT = 256;

    final CompletionEngine engine;
    final SolServer server;
    private final Chats chats;
    final Client client;

    /** What the engine accepted, in this order. */
    final BlockingQueue<CompletionHandle> accepted = new LinkedBlockingQueue<>();

    private volatile long pauseMillis;
    private final Semaphore texts = new Semaphore(0);

    private ModelServer(
            int queueCapacity, PolicyRegistry policies, RequestLimits limits, Function<Model, ChatTemplate> template) {
        // One thread: more would wait for each other whenever the machine has something else to do.
        ContextOptions context = ContextOptions.DEFAULT.withThreads(1);
        engine = CompletionEngine.open(Model.load(EmbeddedModel.file(), ModelOptions.DEFAULT), context, queueCapacity);
        server = SolServer.listen(FakeServer.OPTIONS.withMaxBodyBytes(100_000));
        client = new Client(server.uri());
        chats = Chats.of(engine.model(), template.apply(engine.model()));
        server.serve(Serving.of(MODEL, engine, new SlowCompleter(), chats, policies, limits));
    }

    static ModelServer start(int queueCapacity) {
        return start(queueCapacity, PolicyRegistry.BUILT_IN);
    }

    static ModelServer start(int queueCapacity, PolicyRegistry policies) {
        return new ModelServer(queueCapacity, policies, RequestLimits.DEFAULT, ChatTemplate::of);
    }

    static ModelServer start(RequestLimits limits) {
        return new ModelServer(8, PolicyRegistry.BUILT_IN, limits, ChatTemplate::of);
    }

    /** With another chat template than the model's. */
    static ModelServer startWithTemplate(String jinja) {
        return new ModelServer(
                8, PolicyRegistry.BUILT_IN, RequestLimits.DEFAULT, model -> ChatTemplate.of(model, jinja));
    }

    /** From now on the decode thread rests after every piece of text, so that a completion takes its time. */
    void pauseAfterText(long millis) {
        pauseMillis = millis;
    }

    CompletionHandle takeAccepted() throws InterruptedException {
        CompletionHandle handle = accepted.poll(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (handle == null) {
            throw new AssertionError("no request was accepted");
        }
        return handle;
    }

    /** The request that the engine has accepted while it was idle, when it has left the queue. */
    CompletionHandle takeRunning() throws InterruptedException {
        CompletionHandle handle = takeAccepted();
        while (engine.queueLength() > 0) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        return handle;
    }

    /** Waits until one more text has been passed on; what comes later finds the head of a stream sent. */
    void takeText() throws InterruptedException {
        if (!texts.tryAcquire(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("no text");
        }
    }

    private final class SlowCompleter implements Completer {
        @Override
        public CompletionHandle submit(CompletionRequest request, CompletionListener listener) {
            CompletionHandle handle = engine.submit(request, new CompletionListener() {
                @Override
                public void onText(String text) {
                    listener.onText(text);
                }

                @Override
                public void onOutput(String text, List<TraceEntry> tokens) {
                    listener.onOutput(text, tokens);
                    texts.release();
                    pause();
                }
            });
            accepted.add(handle);
            return handle;
        }

        private void pause() {
            try {
                TimeUnit.MILLISECONDS.sleep(pauseMillis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public boolean isAlive() {
            return engine.isAlive();
        }

        @Override
        public EngineStatistics statistics() {
            return engine.statistics();
        }
    }

    @Override
    public void close() {
        client.close();
        engine.close();
        server.close();
        chats.close();
    }
}
