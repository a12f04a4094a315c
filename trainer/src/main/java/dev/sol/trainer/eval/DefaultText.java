package dev.sol.trainer.eval;

import dev.sol.trainer.corpus.Corpus;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The text of an evaluation that is given none, so that it can be tried without any file.
 *
 * <p>Source: The Arabian Nights Entertainments, selected and edited by Andrew Lang (1898), its first stories; in the public domain.
 */
final class DefaultText {
    private static final String NAME = "arabian-nights.txt.xz";

    private DefaultText() {}

    /** Unpacks it to a file that is there until the process ends. */
    static Corpus corpus() throws IOException {
        Path folder = Files.createTempDirectory("sol-eval");
        Path file = folder.resolve(NAME);
        folder.toFile().deleteOnExit();
        file.toFile().deleteOnExit();
        try (InputStream text = DefaultText.class.getResourceAsStream(NAME)) {
            if (text == null) {
                throw new IOException("the application has no " + NAME);
            }
            Files.copy(text, file, StandardCopyOption.REPLACE_EXISTING);
        }
        return new Corpus(file);
    }
}
