package dev.sol.runtime.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/**
 * What so many users saw of a server.
 *
 * @param server its name
 * @param clients users at once
 * @param tokensPerSecond of all together, the median of the rounds
 * @param ratio to llama-server's in the same round, the median
 * @param all the samples of all rounds
 * @param others processors that other programs kept busy meanwhile, on average
 */
record ServerRow(String server, int clients, double tokensPerSecond, double ratio, ServerSample all, double others) {

    private double first(double share) {
        return ServerSample.percentile(all.first(), share);
    }

    private double gap(double share) {
        return ServerSample.percentile(all.gaps(), share);
    }

    ObjectNode json() {
        ObjectNode row = JsonNodeFactory.instance
                .objectNode()
                .put("server", server)
                .put("clients", clients)
                .put("tokens_per_second", tokensPerSecond)
                .put("ratio", ratio)
                .put("others", others);
        row.putObject("first_token_ms").put("p50", first(.5)).put("p95", first(.95));
        row.putObject("inter_token_ms").put("p50", gap(.5)).put("p95", gap(.95)).put("p99", gap(.99));
        return row;
    }

    /** As a table. */
    static void print(List<ServerRow> rows, PrintWriter out) {
        out.printf(
                "%-14s %7s %9s %6s | %8s %8s | %7s %7s %7s%n",
                "server", "clients", "tokens/s", "ratio", "first p50", "p95", "gap p50", "p95", "p99");
        for (ServerRow row : rows) {
            out.printf(
                    Locale.ROOT,
                    "%-14s %7d %9.1f %6.2f | %8.0f %8.0f | %7.1f %7.1f %7.1f%n",
                    row.server,
                    row.clients,
                    row.tokensPerSecond,
                    row.ratio,
                    row.first(.5),
                    row.first(.95),
                    row.gap(.5),
                    row.gap(.95),
                    row.gap(.99));
        }
    }
}
