package dev.sol.trainer.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.runtime.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The tables in a result folder: {@code rows.csv}, {@code tasks.csv}, {@code searches.csv} (what every random draw lost), {@code trace.csv} (the first
 * window, token by token), {@code classes.csv} (how often each value was given to tokens of a class), {@code tokens/tokens.npy} (the
 * windows, one after another).
 */
final class ResultTables {

    private static final List<String> TASK_COLUMNS = List.of(
            "task",
            "family",
            "against",
            "policy",
            "budget",
            "net",
            "attn",
            "mlp",
            "bits",
            "items",
            "chance",
            "accuracy",
            "lo",
            "hi",
            "accuracy_norm",
            "norm_lo",
            "norm_hi",
            "gold_nats",
            "scope",
            "shots",
            "truncated",
            "skipped",
            "distance",
            "matched",
            "right",
            "right_norm");

    private static final List<String> ROW_COLUMNS = List.of(
            "family",
            "against",
            "policy",
            "budget",
            "net",
            "attn",
            "mlp",
            "bits",
            "nll",
            "ppl",
            "lo",
            "hi",
            "tokens",
            "ms_per_token",
            "policy_ms_per_token",
            "flops_per_token",
            "bytes_per_token",
            "distance",
            "matched");

    private final Path folder;
    private final Tokenizer tokenizer;
    private final List<int[]> windows;
    private final int prefix;

    ResultTables(Path folder, Tokenizer tokenizer, List<int[]> windows, int prefix) {
        this.folder = folder;
        this.tokenizer = tokenizer;
        this.windows = windows;
        this.prefix = prefix;
    }

    /** @throws IOException if a file cannot be written */
    void write(ArrayNode rows, ArrayNode tasks, Details details) throws IOException {
        flat(rows, ROW_COLUMNS, List.of("nats", "lo", "hi", "clear")).write(folder.resolve(ResultFiles.ROWS));
        flat(tasks, TASK_COLUMNS, List.of("accuracy", "lo", "hi", "clear")).write(folder.resolve(ResultFiles.TASKS));
        searches(details.searches()).write(folder.resolve(ResultFiles.SEARCHES));
        trace(details.tokens()).write(folder.resolve(ResultFiles.TRACE));
        classes(details.tokens()).write(folder.resolve(ResultFiles.CLASSES));
        NpyFile.write(
                folder.resolve(ResultFiles.TOKENS).resolve("tokens.npy"),
                windows.stream().flatMapToInt(Arrays::stream).toArray());
    }

    private static CsvTable flat(ArrayNode rows, List<String> own, List<String> difference) {
        String[] columns = new String[own.size() + difference.size()];
        own.toArray(columns);
        for (int i = 0; i < difference.size(); i++) {
            columns[own.size() + i] = "policy_minus_this_" + difference.get(i);
        }
        CsvTable table = new CsvTable(columns);
        for (JsonNode row : rows) {
            @Nullable Object[] values = new Object[columns.length];
            for (int i = 0; i < own.size(); i++) {
                values[i] = value(row.path(own.get(i)));
            }
            for (int i = 0; i < difference.size(); i++) {
                values[own.size() + i] = value(row.path("policy_minus_this").path(difference.get(i)));
            }
            table.add(values);
        }
        return table;
    }

    private static @Nullable Object value(JsonNode value) {
        return value.isMissingNode() || value.isNull() ? null : value.isNumber() ? value.numberValue() : value.asText();
    }

    private static CsvTable searches(List<Comparison.Search> searches) {
        CsvTable table = new CsvTable("family", "against", "budget", "search", "draw", "nll", "policy_nll");
        for (Comparison.Search search : searches) {
            Row.Place place = search.place();
            for (int draw = 0; draw < search.nats().size(); draw++) {
                table.add(
                        place.family(),
                        place.against(),
                        place.budget(),
                        place.name(),
                        draw,
                        search.nats().get(draw),
                        search.policy());
            }
        }
        return table;
    }

    private CsvTable trace(List<Details.Tokens> all) {
        CsvTable table =
                new CsvTable("family", "policy", "budget", "step", "token", "text", "attn", "mlp", "bits", "nll");
        int[] window = windows.getFirst();
        for (Details.Tokens tokens : all) {
            Measured measured = tokens.measured();
            Row row = tokens.row();
            for (int step = 0; step < measured.nll()[0].length; step++) {
                int token = window[prefix + step];
                int choice = measured.choices()[0][step];
                table.add(
                        row.place().family(),
                        row.policy(),
                        row.budget(),
                        step,
                        token,
                        tokenizer.decode(token),
                        choice < 0 ? null : measured.grid().action(choice).attnKeep(),
                        choice < 0 ? null : measured.grid().action(choice).mlpKeep(),
                        choice < 0 ? null : measured.grid().action(choice).actBits(),
                        measured.nll()[0][step]);
            }
        }
        return table;
    }

    private CsvTable classes(List<Details.Tokens> all) {
        CsvTable table = new CsvTable(
                "family", "policy", "budget", "by", "class", "axis", "value", "count", "class_tokens", "class_nll");
        TokenClasses kinds = new TokenClasses(tokenizer::decode, windows);
        for (Details.Tokens tokens : all) {
            for (String by : List.of("frequency", "form")) {
                Map<String, ClassCounts> counts = new TreeMap<>();
                count(tokens.measured(), by, kinds, counts);
                Row row = tokens.row();
                counts.forEach((name, found) -> found.actions.forEach((axis, values) -> {
                    double[] grid = tokens.measured().grid().values(axis);
                    for (int i = 0; i < grid.length; i++) {
                        if (values[i] > 0) {
                            table.add(
                                    row.place().family(),
                                    row.policy(),
                                    row.budget(),
                                    by,
                                    name,
                                    axis.key(),
                                    grid[i],
                                    values[i],
                                    found.tokens,
                                    found.nats / found.tokens);
                        }
                    }
                }));
            }
        }
        return table;
    }

    private void count(Measured measured, String by, TokenClasses kinds, Map<String, ClassCounts> counts) {
        ActionGrid grid = measured.grid();
        for (int window = 0; window < windows.size(); window++) {
            for (int step = 0; step < measured.choices()[window].length; step++) {
                int choice = measured.choices()[window][step];
                if (choice < 0) {
                    continue;
                }
                int token = windows.get(window)[prefix + step];
                String name = by.equals("form") ? kinds.form(token) : kinds.frequency(token);
                ClassCounts found = counts.computeIfAbsent(name, _ -> new ClassCounts(grid));
                found.tokens++;
                found.nats += measured.nll()[window][step];
                for (Axis axis : Axis.values()) {
                    found.of(axis)[grid.coordinate(choice, axis)]++;
                }
            }
        }
    }

    /** Of one class of tokens. */
    private static final class ClassCounts {
        private final Map<Axis, long[]> actions = new EnumMap<>(Axis.class);
        private long tokens;
        private double nats;

        ClassCounts(ActionGrid grid) {
            for (Axis axis : Axis.values()) {
                actions.put(axis, new long[grid.size(axis)]);
            }
        }

        long[] of(Axis axis) {
            return actions.computeIfAbsent(axis, _ -> new long[0]);
        }
    }
}
