package dev.sol.runtime.hub;

/** Is told how a download goes, on the thread that downloads. */
@FunctionalInterface
public interface DownloadProgress {
    /** Ignores everything. */
    DownloadProgress NONE = (_, _, _) -> {};

    /**
     * More of a file is there.
     *
     * @param file its name
     * @param done bytes that are there, those of an earlier attempt included
     * @param total bytes of the file
     */
    void at(String file, long done, long total);
}
