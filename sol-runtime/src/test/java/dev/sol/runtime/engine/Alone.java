package dev.sol.runtime.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;

/** Runs requests on a decoder, one after the other, on the calling thread. */
final class Alone {
    private final Decoder decoder;
    private final Interrupter interrupter;

    Alone(Decoder decoder) {
        this.decoder = decoder;
        this.interrupter = new Interrupter(decoder);
    }

    /** A task that {@link #run} has to run. */
    CompletionTask task(CompletionRequest request, CompletionListener listener) {
        int[] prompt = PromptTokens.of(request.prompt(), decoder);
        return new CompletionTask(request, prompt, listener, decoder, interrupter::cancelled);
    }

    /** Throws what failed the task. */
    CompletionResult run(CompletionTask task) {
        Scheduler scheduler = new Scheduler(decoder, new EngineCounters(), interrupter);
        List<Scheduler.Ended> ended = new ArrayList<>();
        scheduler.start(task, ended);
        while (ended.isEmpty()) {
            scheduler.step(ended);
        }
        ended.forEach(end -> end.publish().run());
        try {
            return task.result().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        }
    }

    static CompletionResult complete(Decoder decoder, CompletionRequest request, CompletionListener listener) {
        Alone alone = new Alone(decoder);
        return alone.run(alone.task(request, listener));
    }
}
