package dev.sol.trainer.eval;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.learned.LearnedPolicy;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.Execution;
import dev.sol.runtime.Model;
import dev.sol.runtime.cli.ModelSource;
import dev.sol.trainer.cli.RunOptions;
import dev.sol.trainer.corpus.Corpus;
import dev.sol.trainer.corpus.Fingerprint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What results depend on beside their cell, as JSON: equal settings give comparable rows. Nothing of the machine is in it. */
final class EvalSettings {
    private EvalSettings() {}

    /** @throws IOException if a file cannot be read */
    static ObjectNode of(
            ModelSource source,
            Model model,
            Experiment.Plan plan,
            List<String> choices,
            Corpus text,
            @Nullable Corpus validation,
            Texts texts,
            Protocol protocol,
            Execution execution,
            RunOptions run)
            throws IOException {
        ObjectNode settings = JsonNodeFactory.instance.objectNode();
        settings.putObject("model")
                .put("name", source.id())
                .put("description", model.info().description())
                .put("sha256", Fingerprint.sha256(source.file()));
        corpus(settings.putObject("corpus"), text);
        if (validation != null) {
            corpus(settings.putObject("validation"), validation);
        }
        ObjectNode policies = settings.putObject("policies");
        for (int i = 0; i < plan.policies().size(); i++) {
            ComputePolicy policy = plan.policies().get(i);
            policies.put(
                    policy.name(),
                    policy instanceof LearnedPolicy ? Fingerprint.sha256(file(choices, i, source)) : "built-in");
        }
        settings.put("windows", texts.test().size())
                .put("validation_windows", texts.validation().size())
                .put("prefix", protocol.prefix())
                .put("stretch", protocol.stretch())
                .put("refresh", plan.refresh())
                .put("execution", execution.name().toLowerCase(java.util.Locale.ROOT))
                .put("timed_steps", plan.timedSteps());
        ObjectNode families = settings.putObject("knobs");
        plan.families()
                .forEach(family -> families.put(family.name(), family.knobs().toString()));
        settings.putObject("bootstrap")
                .put("resamples", run.bootstrap().resamples())
                .put("confidence", run.bootstrap().confidence())
                .put("seed", run.seed());
        return settings;
    }

    private static Path file(List<String> choices, int i, ModelSource source) {
        boolean own = choices.isEmpty() || choices.get(i).equals(EmbeddedModel.POLICY);
        return own && source.isEmbedded() ? EmbeddedModel.policy() : Path.of(choices.get(i));
    }

    private static void corpus(ObjectNode json, Corpus corpus) throws IOException {
        json.put("name", corpus.name()).put("sha256", Fingerprint.sha256(corpus.file()));
    }
}
