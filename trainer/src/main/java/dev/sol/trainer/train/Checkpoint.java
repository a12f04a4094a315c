package dev.sol.trainer.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.io.AtomicFile;
import dev.sol.runtime.RequestException;
import dev.sol.trainer.cli.JsonDifference;
import dev.sol.trainer.grpo.AdamW;
import dev.sol.trainer.grpo.Metric;
import dev.sol.trainer.grpo.TrainingState;
import dev.sol.trainer.grpo.UpdateMetrics;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import java.util.zip.CheckedOutputStream;

/**
 * A run's state in a file, which is replaced as a whole. It holds the settings that decide the policy, and everything that the next
 * update depends on, exactly; also the metrics of all updates, so that their files can be written again and have each row once.
 *
 * <p>The format is ours, big-endian: {@value #MAGIC}; the settings as JSON; numbers of updates, items, optimiser steps; history; best;
 * tensors; CRC-32C of all that.
 */
final class Checkpoint {
    private static final String MAGIC = "sol-train-2";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Path file;

    Checkpoint(Path file) {
        this.file = file;
    }

    /** Writes the state of a run with these settings. */
    void write(ObjectNode settings, TrainingState state) throws IOException {
        AtomicFile.write(file, stream -> {
            CheckedOutputStream checked = new CheckedOutputStream(new BufferedOutputStream(stream), new CRC32C());
            DataOutputStream out = new DataOutputStream(checked);
            out.writeUTF(MAGIC);
            byte[] json = MAPPER.writeValueAsBytes(settings);
            out.writeInt(json.length);
            out.write(json);
            out.writeLong(state.update());
            out.writeLong(state.nextItem());
            writeHistory(out, state.history());
            writeTensors(out, state.weights());
            writeTensors(out, state.average());
            out.writeLong(state.memory().step());
            writeTensors(out, state.memory().first());
            writeTensors(out, state.memory().second());
            out.writeLong(state.best().update());
            out.writeDouble(state.best().difference());
            writeTensors(out, state.best().weights());
            out.writeLong(checked.getChecksum().getValue());
            out.flush();
        });
    }

    /**
     * Reads the state; empty if there is none.
     *
     * @param settings of this run
     * @throws RequestException if it is a run's with other settings, or damaged
     */
    Optional<TrainingState> read(ObjectNode settings) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw RequestException.invalid("out", "the checkpoint %s cannot be read: %s".formatted(file, e));
        }
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            if (!in.readUTF().equals(MAGIC)) {
                throw foreign();
            }
            ObjectNode theirs = (ObjectNode) MAPPER.readTree(in.readNBytes(in.readInt()));
            requireIntact(bytes); // before what the settings say is believed
            JsonDifference.between(theirs, settings).ifPresent(difference -> {
                throw RequestException.invalid(
                        "out",
                        "the checkpoint %s is another run's: %s; use the same settings to resume it, another --out, or --restart to start over"
                                .formatted(file, difference));
            });
            return Optional.of(readState(in));
        } catch (IOException | ClassCastException | IllegalArgumentException | NegativeArraySizeException e) {
            throw foreign();
        }
    }

    private RequestException foreign() {
        return RequestException.invalid(
                "out",
                "%s is no checkpoint of this version, or damaged; --restart starts over without it".formatted(file));
    }

    private static void requireIntact(byte[] bytes) throws IOException {
        CRC32C sum = new CRC32C();
        int length = bytes.length - Long.BYTES;
        if (length < 0) {
            throw new IOException("too short");
        }
        sum.update(bytes, 0, length);
        if (ByteBuffer.wrap(bytes).getLong(length) != sum.getValue()) {
            throw new IOException("wrong sum");
        }
    }

    private static TrainingState readState(DataInputStream in) throws IOException {
        long update = in.readLong();
        long nextItem = in.readLong();
        List<UpdateMetrics> history = readHistory(in);
        SortedMap<String, float[]> weights = readTensors(in);
        SortedMap<String, float[]> average = readTensors(in);
        AdamW.Memory memory = new AdamW.Memory(in.readLong(), readTensors(in), readTensors(in));
        return new TrainingState(
                update,
                nextItem,
                weights,
                average,
                memory,
                new TrainingState.Best(in.readLong(), in.readDouble(), readTensors(in)),
                history);
    }

    private static void writeHistory(DataOutputStream out, List<UpdateMetrics> history) throws IOException {
        out.writeInt(history.size());
        for (UpdateMetrics metrics : history) {
            out.writeLong(metrics.update());
            for (Metric metric : Metric.values()) {
                out.writeDouble(metrics.get(metric));
            }
        }
    }

    private static List<UpdateMetrics> readHistory(DataInputStream in) throws IOException {
        List<UpdateMetrics> history = new ArrayList<>();
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            long update = in.readLong();
            EnumMap<Metric, Double> values = new EnumMap<>(Metric.class);
            for (Metric metric : Metric.values()) {
                values.put(metric, in.readDouble());
            }
            history.add(new UpdateMetrics(update, values));
        }
        return history;
    }

    private static void writeTensors(DataOutputStream out, SortedMap<String, float[]> tensors) throws IOException {
        out.writeInt(tensors.size());
        for (Map.Entry<String, float[]> tensor : tensors.entrySet()) {
            ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(Float.BYTES, tensor.getValue().length));
            bytes.asFloatBuffer().put(tensor.getValue());
            out.writeUTF(tensor.getKey());
            out.writeInt(tensor.getValue().length);
            out.write(bytes.array());
        }
    }

    private static SortedMap<String, float[]> readTensors(DataInputStream in) throws IOException {
        SortedMap<String, float[]> tensors = new TreeMap<>();
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            String name = in.readUTF();
            float[] values = new float[in.readInt()];
            ByteBuffer.wrap(in.readNBytes(Float.BYTES * values.length))
                    .asFloatBuffer()
                    .get(values);
            tensors.put(name, values);
        }
        return tensors;
    }
}
