/** Models, contexts and the decode loop with per-token budgets. */
module dev.sol.runtime {
    requires static transitive org.jspecify;
    requires transitive com.fasterxml.jackson.databind;
    requires transitive dev.sol.policy;
    requires transitive info.picocli;
    requires dev.sol.bindings;
    requires java.net.http;
    requires org.slf4j;

    exports dev.sol.runtime;
    exports dev.sol.runtime.chat;
    exports dev.sol.runtime.cli;
    exports dev.sol.runtime.cost;
    exports dev.sol.runtime.engine;
    exports dev.sol.runtime.gguf;
    exports dev.sol.runtime.hub;
    exports dev.sol.runtime.openai;

    // picocli writes the fields of commands and mixins.
    opens dev.sol.runtime.bench to
            info.picocli;
    opens dev.sol.runtime.cli to
            info.picocli;
}
