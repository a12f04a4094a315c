package dev.sol.trainer.prepare;

import dev.sol.runtime.gguf.GgufFile;
import dev.sol.runtime.gguf.GgufTensor;
import dev.sol.runtime.gguf.GgufValue;
import dev.sol.runtime.gguf.GgufWriter;
import dev.sol.runtime.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes what plans say: the model with its neurons in another order, which computes the same, and predictors. */
final class ModelWriter {
    /** Metadata of a model whose neurons were put in order: the size of the groups. */
    static final String GROUP_KEY = "sol.prepare.group";

    /** Bytes that are written at once. */
    private static final int BUFFER = 1 << 22;

    private ModelWriter() {}

    /** Neurons are the rows of a tensor, or its columns; elements of a bias are columns. */
    private static final class Change {
        private final int[] order;
        private final boolean columns;

        Change(int[] order, boolean columns) {
            this.order = order;
            this.columns = columns;
        }
    }

    /** @param checkpoint called often; may throw to end the work, and then no file is there */
    static void writeModel(GgufFile model, List<LayerPlan> plans, int group, Path out, Runnable checkpoint)
            throws IOException {
        Map<String, Change> changes = new HashMap<>();
        for (LayerPlan plan : plans) {
            GatedMlp mlp = plan.mlp();
            changes.put(mlp.gate().name(), new Change(plan.order(), false));
            changes.put(mlp.up().name(), new Change(plan.order(), false));
            changes.put(mlp.down().name(), new Change(plan.order(), true));
            mlp.biases().forEach(bias -> changes.put(bias.name(), new Change(plan.order(), true)));
        }
        Map<String, GgufValue> metadata = new LinkedHashMap<>(model.metadata());
        metadata.put(GROUP_KEY, GgufValue.uint32(group));
        try (GgufWriter writer = GgufWriter.create(out, metadata, model.tensors())) {
            for (GgufTensor tensor : model.tensors()) {
                checkpoint.run();
                Change change = changes.get(tensor.name());
                MemorySegment data = model.data(tensor);
                if (change == null) {
                    writer.write(data);
                } else {
                    write(writer, tensor, data, change);
                }
            }
            writer.finish();
        }
    }

    private static void write(GgufWriter writer, GgufTensor tensor, MemorySegment data, Change change)
            throws IOException {
        long rowBytes = tensor.rowBytes();
        int rows = Math.toIntExact(tensor.rows());
        int atOnce = Math.clamp(BUFFER / rowBytes, 1, rows);
        int width = tensor.type().blockBytes(); // of an element: nothing here is quantised
        MemorySegment buffer = MemorySegment.ofArray(new byte[Math.toIntExact(atOnce * rowBytes)]);
        for (int start = 0; start < rows; start += atOnce) {
            int count = Math.min(atOnce, rows - start);
            for (int i = 0; i < count; i++) {
                if (change.columns) {
                    MemorySegment from = data.asSlice((start + i) * rowBytes, rowBytes);
                    MemorySegment to = buffer.asSlice(i * rowBytes, rowBytes);
                    for (int c = 0; c < change.order.length; c++) {
                        MemorySegment.copy(from, (long) change.order[c] * width, to, (long) c * width, width);
                    }
                } else {
                    MemorySegment.copy(data, change.order[start + i] * rowBytes, buffer, i * rowBytes, rowBytes);
                }
            }
            writer.write(buffer.asSlice(0, count * rowBytes));
        }
    }

    /** Writes the predictors of the plans, for the model with its neurons in the plans' order. */
    static void writePredictor(String architecture, List<LayerPlan> plans, Path out) throws IOException {
        Map<String, GgufValue> metadata = new LinkedHashMap<>();
        metadata.put("general.architecture", GgufValue.string(architecture));
        metadata.put("sol.predictor.version", GgufValue.uint32(1));
        List<GgufTensor> tensors = new ArrayList<>();
        List<MemorySegment> data = new ArrayList<>();
        for (LayerPlan plan : plans) {
            GatePredictor predictor = plan.predictor();
            if (predictor == null) {
                continue;
            }
            String prefix = "blk." + plan.mlp().layer() + ".sol_gate_";
            tensors.add(GgufTensor.of(
                    prefix + "in.weight", TensorType.Q8_0, plan.mlp().inputs(), predictor.rank()));
            data.add(join(predictor.inner()));
            byte[][] ordered = new byte[plan.order().length][];
            for (int i = 0; i < ordered.length; i++) {
                ordered[i] = predictor.outer()[plan.order()[i]];
            }
            tensors.add(GgufTensor.of(
                    prefix + "out.weight",
                    TensorType.Q8_0,
                    predictor.rank(),
                    plan.mlp().neurons()));
            data.add(join(ordered));
        }
        try (GgufWriter writer = GgufWriter.create(out, metadata, tensors)) {
            for (MemorySegment tensor : data) {
                writer.write(tensor);
            }
            writer.finish();
        }
    }

    private static MemorySegment join(byte[][] rows) {
        byte[] joined = new byte[rows.length * rows[0].length];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, joined, i * rows[i].length, rows[i].length);
        }
        return MemorySegment.ofArray(joined);
    }
}
