package dev.sol.trainer.cli;

import dev.sol.trainer.corpus.Corpus;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option that says which text. A picocli mixin. */
public final class CorpusOption {
    @Option(
            names = "--corpus",
            paramLabel = "FILE",
            required = true,
            description =
                    "UTF-8 text, plain or .xz; documents are separated by lines <|endoftext|>. Its first tokens are"
                            + " used.")
    private Path corpus = Path.of("");

    /** For picocli, which fills in the option. */
    public CorpusOption() {}

    /** Where the text is. */
    public Path file() {
        return corpus;
    }

    /**
     * The text, of which a missing file is told before a large model is loaded.
     *
     * @throws dev.sol.runtime.RequestException if there is no such file, or it cannot be read
     */
    public Corpus text() {
        Corpus text = new Corpus(corpus);
        text.check();
        return text;
    }
}
