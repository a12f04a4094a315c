package dev.sol.runtime.hub;

import dev.sol.policy.io.AtomicFile;
import dev.sol.runtime.RequestException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Models from a hub, in the user's cache: {@code FOLDER/owner/repo/SHA-256/NAME.gguf}, beside what the hub last said about the
 * repository. Without a hub, or when it cannot be reached, what is in the cache is used. For any thread and several processes.
 *
 * @param folder the cache
 * @param url of the hub; null: there is none
 * @param token for models that are not public
 */
public record Hub(
        Path folder, @Nullable String url, @Nullable String token) {
    private static final String LISTING = "repository.json";
    private static final long PAUSE_MILLIS = 1000;

    /**
     * The file of a model, downloaded if need be; of a split one the first part.
     *
     * @throws RequestException if there is no such model, or it is not for us, or there is no hub to ask
     * @throws HubException if it cannot be got
     */
    public Path fetch(HubModel model, DownloadProgress progress) {
        return fetch(model, progress, PAUSE_MILLIS);
    }

    Path fetch(HubModel model, DownloadProgress progress, long pauseMillis) {
        Path repository = folder.resolve(model.owner()).resolve(model.repo());
        try {
            Files.createDirectories(repository);
            try (FileChannel channel = FileChannel.open(
                            repository.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock _ = channel.lock()) { // another process may be downloading
                return fetch(model, repository, progress, pauseMillis);
            }
        } catch (IOException e) {
            throw new HubException("cannot get %s: %s".formatted(model.id(), e), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HubException("the download was interrupted", e);
        }
    }

    private Path fetch(HubModel model, Path repository, DownloadProgress progress, long pauseMillis)
            throws IOException, InterruptedException {
        if (url == null) {
            return withoutHub(model, repository, null);
        }
        try (HubClient client = new HubClient(url, token)) {
            HubListing listing;
            try {
                listing = ask(client, model, repository);
            } catch (IOException e) {
                return withoutHub(model, repository, e);
            }
            List<HubFile> files = HubChoice.of(model, listing);
            Path folder = Files.createDirectories(folder(repository, files));
            Download download = new Download(client, model, listing, progress, pauseMillis);
            for (HubFile file : files) {
                if (!isThere(folder, file)) {
                    download.get(file, folder.resolve(file.name()));
                }
            }
            return folder.resolve(files.getFirst().name());
        }
    }

    private static HubListing ask(HubClient client, HubModel model, Path repository)
            throws IOException, InterruptedException {
        byte[] description = client.description(model);
        HubListing listing = HubListing.parse(description);
        AtomicFile.write(repository.resolve(LISTING), description); // the lock is ours
        return listing;
    }

    private Path withoutHub(HubModel model, Path repository, @Nullable IOException failure) throws IOException {
        Path said = repository.resolve(LISTING);
        if (Files.exists(said)) {
            List<HubFile> files = HubChoice.of(model, HubListing.parse(Files.readAllBytes(said)));
            Path folder = folder(repository, files);
            if (files.stream().allMatch(file -> isThere(folder, file))) {
                return folder.resolve(files.getFirst().name());
            }
        }
        if (failure == null) {
            throw RequestException.invalid(
                    "hub",
                    "hf:%s is not in the cache; --hub or SOL_HUB says where to download it from".formatted(model.id()));
        }
        throw new HubException(
                "the hub %s cannot be reached, and %s is not in the cache: %s".formatted(url, model.id(), failure),
                failure);
    }

    /** By the hash of the first file, so that a changed repository does not touch what may be in use. */
    private static Path folder(Path repository, List<HubFile> files) {
        for (HubFile file : files) {
            if (file.sha256() == null || file.size() < 0) {
                throw new HubException("the hub does not say the size and SHA-256 of " + file.path());
            }
        }
        String hash = Objects.requireNonNull(files.getFirst().sha256(), "checked above");
        return repository.resolve(hash.substring(0, 16));
    }

    /** Only what was complete and had the right hash has its name. */
    private static boolean isThere(Path folder, HubFile file) {
        Path target = folder.resolve(file.name());
        try {
            return Files.exists(target) && Files.size(target) == file.size();
        } catch (IOException e) {
            return false;
        }
    }
}
