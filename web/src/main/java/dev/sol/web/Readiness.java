package dev.sol.web;

import org.jspecify.annotations.Nullable;

/** Whether there is a model to serve: not yet, now, or no more. For any thread. */
final class Readiness {
    private sealed interface State {}

    private record Loading() implements State {}

    private record Ready(ServedModel model) implements State {}

    private record Stopping() implements State {}

    private volatile State state = new Loading();

    void ready(ServedModel model) {
        state = new Ready(model);
    }

    void stopping() {
        state = new Stopping();
    }

    boolean isStopping() {
        return state instanceof Stopping;
    }

    /** The model; null if there is none that can be used. */
    @Nullable ServedModel modelOrNull() {
        return state instanceof Ready(ServedModel model) && model.completer().isAlive() ? model : null;
    }

    /**
     * The model.
     *
     * @throws HttpFailure 503 if there is none
     */
    ServedModel model() {
        return switch (state) {
            case Ready(ServedModel model) when model.completer().isAlive() -> model;
            case Ready _ -> throw HttpFailure.dead();
            case Loading _ -> throw HttpFailure.loading();
            case Stopping _ -> throw HttpFailure.shuttingDown();
        };
    }
}
