package dev.sol.runtime.hub;

import org.jspecify.annotations.Nullable;

/**
 * A file of a repository.
 *
 * @param path in the repository
 * @param size in bytes
 * @param sha256 of the content, in lower-case hex; null if the hub does not say
 */
record HubFile(String path, long size, @Nullable String sha256) {
    private static final String SUFFIX = ".gguf";

    /** The last part of the path. */
    String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    boolean isGguf() {
        return path.endsWith(SUFFIX);
    }

    /** The name without {@code .gguf}. */
    String stem() {
        return name().substring(0, name().length() - SUFFIX.length());
    }
}
