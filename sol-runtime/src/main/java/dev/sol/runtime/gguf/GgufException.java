package dev.sol.runtime.gguf;

import java.io.IOException;
import java.nio.file.Path;

/** A file that is no GGUF, damaged, or of a version or with types that are not known. The message names the file and what is wrong. */
public final class GgufException extends IOException {
    private static final long serialVersionUID = 1L;

    GgufException(Path file, String problem) {
        super(file + " " + problem);
    }
}
