/** The HTTP service: OpenAI-style completions with a compute budget. A program; nothing here is for others. */
module dev.sol.web {
    requires static org.jspecify;
    requires com.fasterxml.jackson.databind;
    requires dev.sol.runtime;
    requires info.picocli;
    requires io.netty.buffer;
    requires io.netty.transport;
    requires io.vertx.core;
    requires io.vertx.web;
    requires micrometer.core;
    requires micrometer.registry.prometheus;
    requires org.slf4j;

    // picocli writes the fields of commands.
    opens dev.sol.web to
            info.picocli;
}
