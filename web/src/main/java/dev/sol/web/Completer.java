package dev.sol.web;

import dev.sol.runtime.engine.CompletionEngine;
import dev.sol.runtime.engine.CompletionHandle;
import dev.sol.runtime.engine.CompletionListener;
import dev.sol.runtime.engine.CompletionRequest;
import dev.sol.runtime.engine.EngineStatistics;

/** What completes requests: an engine, or in tests something that behaves like one. */
interface Completer {
    /** As {@link CompletionEngine#submit}. */
    CompletionHandle submit(CompletionRequest request, CompletionListener listener);

    /** As {@link CompletionEngine#isAlive}. */
    boolean isAlive();

    /** As {@link CompletionEngine#statistics}. */
    EngineStatistics statistics();

    static Completer of(CompletionEngine engine) {
        return new Completer() {
            @Override
            public CompletionHandle submit(CompletionRequest request, CompletionListener listener) {
                return engine.submit(request, listener);
            }

            @Override
            public boolean isAlive() {
                return engine.isAlive();
            }

            @Override
            public EngineStatistics statistics() {
                return engine.statistics();
            }
        };
    }
}
