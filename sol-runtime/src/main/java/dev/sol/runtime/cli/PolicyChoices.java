package dev.sol.runtime.cli;

import dev.sol.policy.ComputePolicy;
import dev.sol.runtime.EmbeddedModel;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.engine.LearnedPolicies;
import dev.sol.runtime.engine.PolicyRegistry;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/** The values of {@code --policy}: names of policies that need no file, and files of learned ones. */
public final class PolicyChoices {
    private PolicyChoices() {}

    /**
     * The policies that need no file, that of the embedded model if it is the one, and those in files, which are read and checked. The
     * first that is given is the default; without any, that is the embedded model's with the knobs that it was trained with, or
     * {@value dev.sol.runtime.engine.CompletionRequest#DEFAULT_POLICY}.
     *
     * @param choices names or files
     * @param model that the learned policies must have been trained for
     * @param knobs what the knobs are going to mean
     * @throws RequestException if a choice is neither, a file cannot be used, is for another model, or there are two of one name
     */
    public static PolicyRegistry registry(List<String> choices, ModelSource model, KnobOptions knobs) {
        LearnedPolicies files = new LearnedPolicies(model::file);
        PolicyRegistry registry = PolicyRegistry.BUILT_IN;
        if (model.isEmbedded() && knobs.equals(KnobOptions.DEFAULT)) {
            registry = registry.with(files.load(EmbeddedModel.policy())).withDefault(EmbeddedModel.POLICY);
        }
        List<String> known = registry.names();
        for (int i = 0; i < choices.size(); i++) {
            String name = choices.get(i);
            if (!known.contains(name)) {
                ComputePolicy learned = files.load(file(name, known));
                registry = registry.with(learned);
                name = learned.name();
            }
            if (i == 0) {
                registry = registry.withDefault(name);
            }
        }
        return registry;
    }

    private static Path file(String choice, List<String> known) {
        try {
            Path file = Path.of(choice);
            if (Files.exists(file)) {
                return file;
            }
        } catch (InvalidPathException e) {
            // no file has this name
        }
        throw RequestException.invalid(
                "policy",
                "there is no policy and no file '%s'; policies without a file: %s"
                        .formatted(choice, String.join(", ", known)));
    }
}
