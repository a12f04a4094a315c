package dev.sol.web;

import dev.sol.runtime.chat.ChatDelta;
import dev.sol.runtime.chat.ChatMessage;
import dev.sol.runtime.openai.ChatReader;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Keeps a reader that reads the whole answer again for every text from taking more than a tenth of the time: after it has read for
 * a while, texts are collected for nine times as long. What was collected is read with the next text after that, or in the end.
 */
final class PacedReader implements ChatReader {
    private static final int REST = 9;

    private final ChatReader reader;
    private final LongSupplier nanoTime;
    private final StringBuilder collected = new StringBuilder();
    private long restsUntil;

    /** @param nanoTime as {@link System#nanoTime} */
    PacedReader(ChatReader reader, LongSupplier nanoTime) {
        this.reader = reader;
        this.nanoTime = nanoTime;
        this.restsUntil = nanoTime.getAsLong();
    }

    @Override
    public List<ChatDelta> add(String text) {
        collected.append(text);
        return collected.isEmpty() || nanoTime.getAsLong() - restsUntil < 0 ? List.of() : read();
    }

    private List<ChatDelta> read() {
        long start = nanoTime.getAsLong();
        List<ChatDelta> deltas = reader.add(collected.toString());
        collected.setLength(0);
        long end = nanoTime.getAsLong();
        restsUntil = end + REST * (end - start);
        return deltas;
    }

    @Override
    public List<ChatDelta> finish() {
        List<ChatDelta> deltas = new ArrayList<>();
        if (!collected.isEmpty()) {
            deltas.addAll(read());
        }
        deltas.addAll(reader.finish());
        return deltas;
    }

    @Override
    public ChatMessage message() {
        return reader.message();
    }

    @Override
    public void close() {
        reader.close();
    }
}
