package dev.sol.bindings;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Unpacks the bundled libraries into a folder named by their content, so that builds do not mix and a second start unpacks
 * nothing.
 *
 * <p>Each file is written under a temporary name and moved into place in one step, and only after its hash was seen to be
 * right. Threads and processes may therefore extract at the same time: whichever moves last puts the same bytes there. Files
 * that are already there are hashed again, and replaced when they were damaged.
 */
final class NativeExtractor {

    /** Where the bundled files come from. */
    @FunctionalInterface
    interface Source {
        /** Opens the file {@code name}. */
        InputStream open(String name) throws IOException;
    }

    private NativeExtractor() {}

    /**
     * Makes sure that a folder below {@code cache} has every library of the manifest, and the manifest.
     *
     * @return the folder
     * @throws NativeLibraryException if the folder cannot be written, or a bundled file is not what the manifest says
     */
    static Path extract(NativeManifest manifest, Source source, Path cache) {
        Path directory = cache.resolve(Sha256.of(manifest.bytes()).substring(0, 32));
        try {
            createPrivateDirectories(directory);
            for (String library : manifest.libraries()) {
                place(directory.resolve(library), manifest.sha256(library), source);
            }
            place(
                    directory.resolve(NativeManifest.FILE_NAME),
                    Sha256.of(manifest.bytes()),
                    name -> new ByteArrayInputStream(manifest.bytes()));
            return directory;
        } catch (IOException e) {
            throw new NativeLibraryException(
                    "Cannot unpack the native library into " + directory + ": " + e
                            + ". Set XDG_CACHE_HOME to a folder that can be written, or -D"
                            + NativeLibrary.DIRECTORY_PROPERTY
                            + " to a folder with the libraries and their " + NativeManifest.FILE_NAME + ".",
                    e);
        }
    }

    private static void place(Path file, String sha256, Source source) throws IOException {
        if (isIntact(file, sha256)) {
            return;
        }
        String name = file.getFileName().toString();
        Path temporary = Files.createTempFile(file.getParent(), "." + name + ".", ".tmp");
        try {
            String found;
            try (InputStream in = source.open(name);
                    OutputStream out = Files.newOutputStream(temporary)) {
                found = Sha256.copy(in, out);
            }
            if (!found.equals(sha256)) {
                throw new NativeLibraryException("The bundled " + name + " is damaged (SHA-256 " + found + ", expected "
                        + sha256 + "). Build the module native-llama again.");
            }
            move(temporary, file, sha256);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static void move(Path temporary, Path file, String sha256) throws IOException {
        try {
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            // Windows does not replace a library that another process has loaded; that one was put there a moment ago.
            if (!isIntact(file, sha256)) {
                throw e;
            }
        }
    }

    private static boolean isIntact(Path file, String sha256) throws IOException {
        return Files.isRegularFile(file) && Sha256.of(file).equals(sha256);
    }

    /** Code is loaded from here, so nobody else may write to it. */
    private static void createPrivateDirectories(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectories(directory);
        }
    }
}
