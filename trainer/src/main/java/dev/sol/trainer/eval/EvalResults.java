package dev.sol.trainer.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.io.AtomicFile;
import dev.sol.runtime.RequestException;
import dev.sol.trainer.cli.ResultsFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What {@code sol eval} has found so far, in memory or in a folder: {@code results.json} with {@code settings}, {@code rows} for
 * readers, and {@code cells} to go on from; beside it for every cell the losses and actions of its tokens, as {@code
 * tokens/<cell>.nll.npy} and {@code .actions.npy}. A cell is in {@code results.json} only when its files are complete. For one thread.
 */
final class EvalResults {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final @Nullable ResultsFile file;
    private final @Nullable Path folder;
    private final @Nullable Path copy;
    private final ObjectNode root;
    private final Map<String, Kept> memory = new HashMap<>();

    private EvalResults(@Nullable ResultsFile file, @Nullable Path folder, @Nullable Path copy, ObjectNode root) {
        this.file = file;
        this.folder = folder;
        this.copy = copy;
        this.root = root;
        root.withArray("rows");
        root.withArray("tasks");
        root.withObject("/cells");
    }

    /**
     * Opens or begins results.
     *
     * @param folder null: they are in memory only
     * @param copy a file for settings and rows alone; null: none
     * @throws RequestException if the folder has results with other settings, or a file cannot be written
     */
    static EvalResults of(@Nullable Path folder, @Nullable Path copy, ObjectNode settings) {
        EvalResults results;
        if (folder == null) {
            ObjectNode root = MAPPER.createObjectNode().put("format", ResultFiles.FORMAT);
            root.set("settings", settings);
            results = new EvalResults(null, null, copy, root);
        } else {
            try {
                Files.createDirectories(folder.resolve(ResultFiles.TOKENS));
            } catch (IOException e) {
                throw RequestException.invalid("out", "cannot make the folder " + folder + ": " + e);
            }
            ResultsFile file =
                    ResultsFile.open(folder.resolve(ResultFiles.RESULTS), ResultFiles.FORMAT, "eval", "out", settings);
            results = new EvalResults(file, folder, copy, file.root());
        }
        try {
            results.save(); // minutes of measuring are not lost for a folder that cannot be written
        } catch (UncheckedIOException e) {
            throw RequestException.invalid("json", String.valueOf(e.getMessage()));
        }
        return results;
    }

    /** Where files may be put; null if nowhere. */
    @Nullable Path folder() {
        return folder;
    }

    /** Rows of texts for readers, in the order in which they were first known. */
    ArrayNode rows() {
        return root.withArray("rows");
    }

    /** Rows of tasks. */
    ArrayNode tasks() {
        return root.withArray("tasks");
    }

    /** Adds a row, or replaces the one of the same {@code id}. */
    void row(ObjectNode row) {
        put(rows(), row);
    }

    /** Adds a row of a task, or replaces the one of the same {@code id}. */
    void task(ObjectNode row) {
        put(tasks(), row);
    }

    private void put(ArrayNode rows, ObjectNode row) {
        int place = rows.size();
        for (int i = 0; i < rows.size(); i++) {
            place = rows.get(i).path("id").equals(row.path("id")) ? i : place;
        }
        if (place == rows.size()) {
            rows.add(row);
        } else {
            rows.set(place, row);
        }
        save();
    }

    private ObjectNode cells() {
        return root.withObject("/cells");
    }

    /** Whether the cell need not be measured. */
    boolean has(String id) {
        return cells().has(id);
    }

    /** A cell that is a JSON value: what is kept of it, or what {@code measure} finds, which then is kept. */
    JsonNode json(String id, Supplier<JsonNode> measure) {
        JsonNode known = cells().get(id);
        if (known == null) {
            known = measure.get();
            cells().set(id, known);
            save();
        }
        return known;
    }

    /** A cell that is a measurement: what is kept of it, or what {@code measure} finds, which then is kept. */
    Kept cell(String id, ActionGrid grid, List<Passage> passages, Supplier<Kept> measure) {
        Kept known = memory.get(id);
        if (known == null) {
            known = read(id, grid, passages).orElse(null);
        }
        if (known == null) {
            known = measure.get();
            write(id, known);
        }
        memory.put(id, known);
        return known;
    }

    private void write(String id, Kept kept) {
        Measured measured = kept.measured();
        if (folder != null) {
            try {
                NpyFile.write(tokens(id, "nll"), flat(measured.nll()));
                NpyFile.write(tokens(id, "actions"), flat(measured.choices()));
                if (measured.hits().length > 0) {
                    NpyFile.write(tokens(id, "hits"), flatHits(measured.hits()));
                }
            } catch (IOException e) {
                throw new UncheckedIOException("cannot write to " + folder + ": " + e, e);
            }
        }
        ObjectNode cell = cells().putObject(id);
        cell.set("target", RowJson.budget(kept.target()));
        cell.put("distance", kept.distance());
        cell.set("realised", RowJson.budget(measured.realised()));
        cell.set("chosen", RowJson.budget(measured.chosen()));
        cell.put("policy_ms", measured.policyMillis());
        ArrayNode windows = cell.putArray("windows");
        for (Budget window : measured.perWindow()) {
            windows.addArray().add(window.attn()).add(window.mlp()).add(window.bits());
        }
        save();
    }

    private Optional<Kept> read(String id, ActionGrid grid, List<Passage> passages) {
        JsonNode cell = cells().get(id);
        if (cell == null || folder == null) {
            return Optional.empty();
        }
        try {
            int[] steps = passages.stream().mapToInt(Passage::steps).toArray();
            float[] nll = NpyFile.floats(tokens(id, "nll"));
            int[] actions = NpyFile.ints(tokens(id, "actions"));
            if (nll.length != Arrays.stream(steps).sum() || actions.length != nll.length) {
                throw new IOException("the files of " + id + " have another number of tokens");
            }
            Budget[] windows = new Budget[steps.length];
            float[][] losses = new float[steps.length][];
            int[][] choices = new int[steps.length][];
            boolean[][] hits = hits(id, steps);
            int at = 0;
            for (int i = 0; i < steps.length; i++) {
                losses[i] = Arrays.copyOfRange(nll, at, at + steps[i]);
                choices[i] = Arrays.copyOfRange(actions, at, at + steps[i]);
                at += steps[i];
                JsonNode window = cell.path("windows").path(i);
                windows[i] = new Budget(
                        window.path(0).asDouble(),
                        window.path(1).asDouble(),
                        window.path(2).asDouble());
            }
            Measured measured = new Measured(
                    losses,
                    RowJson.budget(cell.path("realised")),
                    RowJson.budget(cell.path("chosen")),
                    windows,
                    grid,
                    choices,
                    hits,
                    new double[0],
                    cell.path("policy_ms").asDouble());
            return Optional.of(new Kept(
                    measured,
                    RowJson.budget(cell.path("target")),
                    cell.path("distance").asDouble()));
        } catch (IOException | IllegalArgumentException e) {
            throw RequestException.invalid(
                    "out", "%s is damaged (%s): remove it, or name another folder".formatted(folder, e.getMessage()));
        }
    }

    /** [0] if nobody asked for them. */
    private boolean[][] hits(String id, int[] steps) throws IOException {
        Path file = tokens(id, "hits");
        if (!Files.exists(file)) {
            return new boolean[0][];
        }
        int[] all = NpyFile.ints(file);
        boolean[][] hits = new boolean[steps.length][];
        int at = 0;
        for (int i = 0; i < steps.length; i++) {
            hits[i] = new boolean[steps[i]];
            for (int step = 0; step < steps[i]; step++) {
                hits[i][step] = all[at++] != 0;
            }
        }
        return hits;
    }

    private static int[] flatHits(boolean[][] values) {
        return Arrays.stream(values)
                .flatMapToInt(
                        row -> java.util.stream.IntStream.range(0, row.length).map(i -> row[i] ? 1 : 0))
                .toArray();
    }

    /** The name of a cell's file, without slashes. */
    static String fileName(String id, String what) {
        return id.replace('/', '_') + "." + what + ".npy";
    }

    private Path tokens(String id, String what) {
        if (folder == null) {
            throw new IllegalStateException("there is no folder");
        }
        return folder.resolve(ResultFiles.TOKENS).resolve(fileName(id, what));
    }

    private static float[] flat(float[][] values) {
        int n = Arrays.stream(values).mapToInt(row -> row.length).sum();
        float[] flat = new float[n];
        int at = 0;
        for (float[] row : values) {
            System.arraycopy(row, 0, flat, at, row.length);
            at += row.length;
        }
        return flat;
    }

    private static int[] flat(int[][] values) {
        return Arrays.stream(values).flatMapToInt(Arrays::stream).toArray();
    }

    private void save() {
        if (file != null) {
            file.save();
        }
        if (copy != null) {
            ObjectNode part = MAPPER.createObjectNode().put("format", ResultFiles.FORMAT);
            part.set("settings", root.path("settings"));
            part.set("rows", rows());
            part.set("tasks", tasks());
            try {
                AtomicFile.write(copy, MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(part));
            } catch (IOException e) {
                throw new UncheckedIOException("cannot write " + copy + ": " + e, e);
            }
        }
    }
}
