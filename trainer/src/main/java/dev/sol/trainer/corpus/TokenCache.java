package dev.sol.trainer.corpus;

import dev.sol.runtime.RequestException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Token files, named by all that their content depends on: the bytes of the corpus, the tokenizer, and how we cut documents. One that
 * changes gets another name. Several processes and threads may ask for the same at once: one makes it, the others wait.
 *
 * @param folder made when needed
 * @param tokenizer its fingerprint
 */
record TokenCache(Path folder, String tokenizer) {
    /** Changes when the same corpus and tokenizer would give other documents, tokens or hashes. */
    private static final int VERSION = 1;

    private static final long WAIT_MILLIS = 100;

    TokenFile get(Corpus corpus, TextTokenizer encoder, TokenizedCorpus.Listener listener) throws IOException {
        String content = fingerprint(corpus);
        Path file = folder.resolve(name(content));
        Optional<TokenFile> kept = open(file);
        if (kept.isPresent()) {
            return kept.get();
        }
        Files.createDirectories(folder);
        // The lock is the process's: it ends with it, however that ends. Its empty file stays: removing it would be a
        // race.
        Path lockFile = file.resolveSibling(file.getFileName() + ".lock");
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            try (FileLock _ = lock(channel, listener)) {
                Optional<TokenFile> meanwhile = open(file);
                if (meanwhile.isPresent()) {
                    return meanwhile.get();
                }
                make(file, corpus, content, encoder, listener);
            }
        }
        return open(file).orElseThrow(() -> new IOException("another program has damaged " + file));
    }

    private String name(String content) {
        String key = "%d\n%s\n%s".formatted(VERSION, content, tokenizer);
        byte[] hash = TextHash.sha256().digest(key.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(hash, 0, 16) + ".tokens";
    }

    private static Optional<TokenFile> open(Path file) throws IOException {
        return Files.isRegularFile(file) ? TokenFile.open(file) : Optional.empty();
    }

    private static FileLock lock(FileChannel channel, TokenizedCorpus.Listener listener) throws IOException {
        for (; ; ) {
            FileLock lock = tryLock(channel);
            if (lock != null) {
                return lock;
            }
            checkCancelled(listener);
            listener.waits();
            try {
                Thread.sleep(WAIT_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw cancellation();
            }
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) { // another thread of this process has it
            return null;
        }
    }

    /** Only one process is here at a time, so what a killed one has left is overwritten. */
    private static void make(
            Path file, Corpus corpus, String content, TextTokenizer encoder, TokenizedCorpus.Listener listener)
            throws IOException {
        Path temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
        try {
            try (TokenFileWriter writer = new TokenFileWriter(temporary, encoder.size())) {
                new Tokenizing(corpus, encoder, writer, listener).run();
                writer.finish();
            }
            if (!fingerprint(corpus).equals(content)) {
                throw RequestException.invalid("corpus", corpus.file() + " was changed while it was read");
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static String fingerprint(Corpus corpus) {
        try {
            return Fingerprint.sha256(corpus.file());
        } catch (IOException e) {
            throw corpus.unreadable(e);
        }
    }

    static void checkCancelled(TokenizedCorpus.Listener listener) {
        if (listener.cancelled()) {
            throw cancellation();
        }
    }

    private static CancellationException cancellation() {
        return new CancellationException("tokenising was cancelled");
    }
}
