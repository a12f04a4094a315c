package dev.sol.runtime.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;

/**
 * Gets one file of a repository. What has come lies beside it as {@code NAME.part} until it is complete and its hash is right;
 * an attempt after an interruption goes on from there.
 */
final class Download {
    private static final int ATTEMPTS = 5;
    private static final int BUFFER = 1 << 17;

    private final HubClient client;
    private final HubModel model;
    private final HubListing listing;
    private final DownloadProgress progress;
    private final long pauseMillis;

    /** @param pauseMillis before another attempt; grows with their number */
    Download(HubClient client, HubModel model, HubListing listing, DownloadProgress progress, long pauseMillis) {
        this.client = client;
        this.model = model;
        this.listing = listing;
        this.progress = progress;
        this.pauseMillis = pauseMillis;
    }

    /**
     * Makes {@code target} the file.
     *
     * @throws HubException if that did not work
     */
    void get(HubFile file, Path target) throws IOException, InterruptedException {
        Path part = target.resolveSibling(target.getFileName() + ".part");
        checkSpace(file, part);
        int fruitless = 0;
        while (true) {
            long before = size(part);
            try {
                receive(file, part);
                break;
            } catch (FileSystemException e) {
                throw e; // ours, not the connection's
            } catch (IOException e) {
                if (isDiskFull(e)) {
                    throw new HubException(full(part), e);
                }
                fruitless = size(part) > before ? 1 : fruitless + 1;
                if (fruitless >= ATTEMPTS) {
                    throw new HubException(
                            "the download of %s broke off after %d of %d bytes (%s); run the command again to go on"
                                    .formatted(file.name(), size(part), file.size(), reason(e)),
                            e);
                }
                Thread.sleep(pauseMillis * fruitless);
            }
        }
        verify(file, part);
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    }

    private void receive(HubFile file, Path part) throws IOException, InterruptedException {
        long there = size(part);
        if (there == file.size()) {
            return;
        }
        if (there > file.size()) {
            Files.delete(part);
            there = 0;
        }
        HttpResponse<InputStream> response = client.open(model, listing.revision(), file, there);
        try (InputStream body = new Watched(response.body())) {
            boolean goesOn = response.statusCode() == 206 && startsAt(response, there);
            long done = goesOn ? there : 0;
            try (OutputStream out =
                    goesOn ? Files.newOutputStream(part, StandardOpenOption.APPEND) : Files.newOutputStream(part)) {
                copy(body, out, file, done);
            }
        }
    }

    private void copy(InputStream body, OutputStream out, HubFile file, long there) throws IOException {
        byte[] buffer = new byte[BUFFER];
        long done = there;
        progress.at(file.name(), done, file.size());
        while (done < file.size()) {
            int n = body.read(buffer, 0, (int) Math.min(buffer.length, file.size() - done));
            if (n < 0) {
                throw new IOException("the connection ended");
            }
            out.write(buffer, 0, n);
            done += n;
            progress.at(file.name(), done, file.size());
        }
    }

    private static boolean startsAt(HttpResponse<?> response, long position) {
        return response.headers()
                .firstValue("content-range")
                .map(range -> range.startsWith("bytes " + position + "-"))
                .orElse(false);
    }

    private static void verify(HubFile file, Path part) throws IOException {
        String wanted = Objects.requireNonNull(file.sha256(), "checked before");
        String found = sha256(part);
        if (!found.equals(wanted)) {
            Files.delete(part); // nothing to go on from
            throw new HubException("%s came with the SHA-256 %s rather than %s and was deleted; run the command again"
                    .formatted(file.name(), found, wanted));
        }
    }

    static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[BUFFER];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    private static void checkSpace(HubFile file, Path part) throws IOException {
        long wanted = file.size() - size(part);
        long free = Files.getFileStore(Objects.requireNonNull(part.getParent(), "a file in the cache"))
                .getUsableSpace();
        if (free < wanted) {
            throw new HubException(
                    "%s needs %.1f GB more, but the disk of %s has %.1f GB; SOL_CACHE chooses another folder"
                            .formatted(file.name(), wanted / 1e9, part.getParent(), free / 1e9));
        }
    }

    private static boolean isDiskFull(IOException failure) {
        String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
        return message.contains("no space left") || message.contains("quota exceeded");
    }

    private static String full(Path part) {
        return "the disk of %s is full; SOL_CACHE chooses another folder, and what has come is kept"
                .formatted(part.getParent());
    }

    private static String reason(IOException failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }

    private static long size(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }
}
