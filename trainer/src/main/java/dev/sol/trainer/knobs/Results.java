package dev.sol.trainer.knobs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.trainer.metrics.WindowLosses;
import dev.sol.trainer.stats.PairedBootstrap;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What has been measured so far: in memory, and with a file there too, after every cell. */
final class Results {
    private final PairedBootstrap bootstrap;
    private final @Nullable KnobResultsFile file;
    private @Nullable WindowLosses dense;
    private final Map<String, Row> rows = new HashMap<>();
    private final Set<String> unreached = new LinkedHashSet<>();

    private Results(PairedBootstrap bootstrap, @Nullable KnobResultsFile file) {
        this.bootstrap = bootstrap;
        this.file = file;
        this.dense = file == null ? null : file.dense().orElse(null);
    }

    /** Kept nowhere else. */
    static Results inMemory(PairedBootstrap bootstrap) {
        return new Results(bootstrap, null);
    }

    /**
     * Kept in a file, which may have results already.
     *
     * @throws dev.sol.runtime.RequestException if the file is something else, has other settings, or cannot be written
     */
    static Results in(Path path, ObjectNode settings, PairedBootstrap bootstrap) {
        return new Results(bootstrap, KnobResultsFile.open(path, settings));
    }

    Optional<WindowLosses> dense() {
        return Optional.ofNullable(dense);
    }

    void setDense(WindowLosses losses) {
        dense = losses;
        if (file != null) {
            file.setDense(losses);
        }
    }

    /** The cell's row, if it has been measured. */
    Optional<Row> row(Cell cell) {
        Row row = rows.get(cell.id());
        if (row == null && file != null && dense != null) {
            row = file.row(cell, dense, bootstrap).orElse(null);
            if (row != null) {
                rows.put(cell.id(), row);
            }
        }
        return Optional.ofNullable(row);
    }

    /** Books a measurement; dense must have been measured. */
    Row add(Cell cell, double realised, WindowLosses losses) {
        if (dense == null) {
            throw new IllegalStateException("nothing to compare " + cell.id() + " with");
        }
        Row row = Row.of(cell, realised, losses, dense, bootstrap);
        rows.put(cell.id(), row);
        if (file != null) {
            file.add(row);
        }
        return row;
    }

    void addUnreached(Configuration configuration) {
        unreached.add(configuration.name());
        if (file != null) {
            file.addUnreached(configuration);
        }
    }

    /** Whether the knob turned out to reach no layer of the model. */
    boolean isUnreached(Configuration configuration) {
        return unreached.contains(configuration.name());
    }
}
