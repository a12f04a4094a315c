package dev.sol.trainer.knobs;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.ModelInfo;
import dev.sol.trainer.corpus.Corpus;
import dev.sol.trainer.corpus.Fingerprint;
import dev.sol.trainer.stats.PairedBootstrap;
import java.io.IOException;
import java.nio.file.Path;

/** What results depend on beside their cell, as JSON: equal settings give comparable rows. Nothing of the machine is in it. */
final class Settings {
    private Settings() {}

    /**
     * @param name the model's
     * @param file the model's
     * @param windows how many are measured
     * @param page positions in a page
     * @throws IOException if a file cannot be read
     */
    static ObjectNode of(
            String name,
            Path file,
            ModelInfo model,
            Corpus corpus,
            Protocol protocol,
            int windows,
            int page,
            PairedBootstrap bootstrap)
            throws IOException {
        ObjectNode settings = JsonNodeFactory.instance.objectNode();
        settings.putObject("model")
                .put("name", name)
                .put("description", model.description())
                .put("parameters", model.parameters())
                .put("size_bytes", model.sizeBytes())
                .put("sha256", Fingerprint.sha256(file));
        settings.putObject("corpus").put("name", corpus.name()).put("sha256", Fingerprint.sha256(corpus.file()));
        settings.put("context", protocol.context())
                .put("prefix", protocol.prefix())
                .put("windows", windows)
                .put("scored_per_window", protocol.scoredPerWindow());
        settings.put("attn_page", page)
                .put("attn_sinks", KnobOptions.DEFAULT.sinks())
                .put("attn_window", KnobOptions.DEFAULT.window());
        settings.putObject("bootstrap")
                .put("resamples", bootstrap.resamples())
                .put("confidence", bootstrap.confidence())
                .put("seed", bootstrap.seed());
        return settings;
    }
}
