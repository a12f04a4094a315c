package dev.sol.runtime.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * Servers that take turns.
 *
 * @param clients numbers of users
 * @param budget of our server's second turn
 * @param vocabulary tokens that the model has
 * @param machine watched meanwhile
 */
record ServerContest(ServerLoad load, List<Integer> clients, double budget, int rounds, int vocabulary, Load machine) {

    /** Who takes a turn: a server, and what the requests ask it for. */
    private record Turn(String name, URI server, ObjectNode more) {}

    /**
     * Runs all rounds, after one that warms up and does not count.
     *
     * @param err told how far it is
     * @param done told the rows of each number of users
     */
    void run(ServerProcess stock, ServerProcess ours, PrintWriter err, Consumer<List<ServerRow>> done)
            throws InterruptedException {
        JsonNodeFactory json = JsonNodeFactory.instance;
        List<Turn> turns = List.of(
                new Turn("llama-server", stock.uri(), json.objectNode()),
                new Turn("ours", ours.uri(), json.objectNode()),
                new Turn(
                        String.format(Locale.ROOT, "ours, %.2f", budget),
                        ours.uri(),
                        json.objectNode().put("budget", budget)));
        LoadClient client = new LoadClient(load, vocabulary);
        LoadClient warmUp =
                new LoadClient(new ServerLoad(1, load.promptTokens(), Math.min(load.tokens(), 16)), vocabulary);
        for (int users : clients) {
            for (Turn turn : turns) {
                warmUp.run(turn.server(), users, turn.more(), 0);
            }
            done.accept(compete(client, turns, users, err));
        }
    }

    private List<ServerRow> compete(LoadClient client, List<Turn> turns, int users, PrintWriter err)
            throws InterruptedException {
        Load.Watch watch = machine.start();
        double[][] rates = new double[turns.size()][rounds];
        ServerSample[] all = new ServerSample[turns.size()];
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < turns.size(); i++) {
                Turn turn = turns.get(i);
                ServerSample sample = client.run(turn.server(), users, turn.more(), round + 1L);
                rates[i][round] = sample.tokensPerSecond();
                all[i] = all[i] == null ? sample : all[i].plus(sample);
            }
            err.printf("%d clients: round %d of %d%n", users, round + 1, rounds);
            err.flush();
        }
        double others = watch.others();
        List<ServerRow> rows = new ArrayList<>();
        for (int i = 0; i < turns.size(); i++) {
            double[] ratios = new double[rounds];
            for (int round = 0; round < rounds; round++) {
                ratios[round] = rates[i][round] / rates[0][round];
            }
            rows.add(new ServerRow(
                    turns.get(i).name(),
                    users,
                    Statistics.median(rates[i]),
                    Statistics.median(ratios),
                    all[i],
                    others));
        }
        return rows;
    }
}
