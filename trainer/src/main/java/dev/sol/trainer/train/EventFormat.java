package dev.sol.trainer.train;

import dev.sol.trainer.grpo.Metric;
import dev.sol.trainer.grpo.UpdateMetrics;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * Metrics as a TensorBoard event file: records of TensorFlow's {@code Event} message, one for each update, with a scalar for each
 * metric that was measured.
 *
 * <p>Formats: a record is its length (8 bytes, little-endian), the masked CRC-32C of these bytes, the message, and its masked CRC-32C
 * (tensorflow/core/lib/io/record_writer.h); fields are those of tensorflow/core/util/event.proto and summary.proto.
 */
final class EventFormat implements MetricsFormat {
    private static final int MASK = 0xa282ead8;

    private static final int EVENT_TIME = 1;
    private static final int EVENT_STEP = 2;
    private static final int EVENT_VERSION = 3;
    private static final int EVENT_SUMMARY = 5;
    private static final int SUMMARY_VALUE = 1;
    private static final int VALUE_TAG = 1;
    private static final int VALUE_SCALAR = 2;

    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    @Override
    public byte[] header() {
        Message event = new Message();
        event.fixed(EVENT_TIME, 0d);
        event.bytes(EVENT_VERSION, "brain.Event:2".getBytes(StandardCharsets.UTF_8));
        return record(event.bytes());
    }

    @Override
    public byte[] row(UpdateMetrics metrics) {
        Message summary = new Message();
        for (Metric metric : Metric.values()) {
            double scalar = metrics.get(metric);
            if (metric != Metric.TIME && !Double.isNaN(scalar)) {
                Message value = new Message();
                value.bytes(VALUE_TAG, ("train/" + metric.key()).getBytes(StandardCharsets.UTF_8));
                value.fixed(VALUE_SCALAR, (float) scalar);
                summary.bytes(SUMMARY_VALUE, value.bytes());
            }
        }
        Message event = new Message();
        event.fixed(EVENT_TIME, metrics.get(Metric.TIME));
        event.varint(EVENT_STEP, metrics.update());
        event.bytes(EVENT_SUMMARY, summary.bytes());
        return record(event.bytes());
    }

    private static byte[] record(byte[] message) {
        ByteBuffer record = ByteBuffer.allocate(Long.BYTES + Integer.BYTES + message.length + Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(message.length);
        record.putInt(masked(record.array(), 0, Long.BYTES));
        record.put(message);
        record.putInt(masked(message, 0, message.length));
        return record.array();
    }

    /** Sums are masked, since data with sums of their own are bad input to a CRC. */
    private static int masked(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
    }

    /** A protobuf message: fields in the order in which they are added. */
    private static final class Message {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        void fixed(int field, double value) {
            number((field << 3) | FIXED64);
            littleEndian(Double.doubleToLongBits(value), Long.BYTES);
        }

        void fixed(int field, float value) {
            number((field << 3) | FIXED32);
            littleEndian(Float.floatToIntBits(value), Integer.BYTES);
        }

        void varint(int field, long value) {
            number((field << 3) | VARINT);
            number(value);
        }

        void bytes(int field, byte[] value) {
            number((field << 3) | BYTES);
            number(value.length);
            out.writeBytes(value);
        }

        byte[] bytes() {
            return out.toByteArray();
        }

        /** Seven bits in a byte, the lowest first; the eighth says that there are more. */
        private void number(long value) {
            long rest = value;
            while (rest >>> 7 != 0) {
                out.write((int) ((rest & 0x7f) | 0x80));
                rest >>>= 7;
            }
            out.write((int) rest);
        }

        private void littleEndian(long bits, int bytes) {
            for (int i = 0; i < bytes; i++) {
                out.write((int) (bits >>> (8 * i)) & 0xff);
            }
        }
    }
}
