package dev.sol.trainer.eval;

import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import dev.sol.policy.io.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A table that is written as CSV, with a header (RFC 4180). For one thread. */
public final class CsvTable {
    private static final CsvMapper MAPPER = new CsvMapper();

    private final CsvSchema schema;
    private final List<Object[]> rows = new ArrayList<>();

    /** @param columns their names */
    public CsvTable(String... columns) {
        CsvSchema.Builder builder = CsvSchema.builder();
        for (String column : columns) {
            builder.addColumn(column);
        }
        this.schema = builder.build().withHeader();
    }

    /**
     * Adds a row.
     *
     * @param values [columns] null: an empty cell
     */
    public void add(@Nullable Object... values) {
        if (values.length != schema.size()) {
            throw new IllegalArgumentException(values.length + " values for " + schema.size() + " columns");
        }
        rows.add(Arrays.stream(values).map(value -> value == null ? "" : value).toArray());
    }

    /** Writes the table, in place of what is there. */
    public void write(Path file) throws IOException {
        String text = MAPPER.writer(schema).writeValueAsString(rows);
        AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    }
}
