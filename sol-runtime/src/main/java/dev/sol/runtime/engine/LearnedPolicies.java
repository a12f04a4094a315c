package dev.sol.runtime.engine;

import dev.sol.policy.learned.LearnedPolicy;
import dev.sol.policy.learned.PolicyFileException;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.gguf.GgufException;
import dev.sol.runtime.gguf.ModelSignature;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Learned policies for one model, from files. For one thread. */
public final class LearnedPolicies {
    private final Supplier<Path> model;
    private @Nullable ModelSignature signature;

    /** @param model where the model is, of a split one any of its files; asked when the first policy is loaded */
    public LearnedPolicies(Supplier<Path> model) {
        this.model = model;
    }

    /**
     * Reads a policy and checks that it was trained for the model. Its name is that of the file, without {@code .safetensors}.
     *
     * @throws RequestException if the file is no policy, damaged, of a newer version, or for another model; or if the model cannot
     *     be read. The message says what to do
     */
    public LearnedPolicy load(Path file) {
        try {
            LearnedPolicy policy = LearnedPolicy.load(file);
            ModelSignature own = signature();
            policy.requireModel(own.architecture(), own.tensors());
            warmUp(policy);
            return policy;
        } catch (PolicyFileException e) {
            throw RequestException.invalid("policy", String.valueOf(e.getMessage()));
        }
    }

    /** Java compiles what is run often: now, rather than while the first tokens wait. */
    private static void warmUp(LearnedPolicy policy) {
        int embedding = policy.file().weights().spec().embedding();
        double _ = new PolicyCosts(embedding).millis(policy);
    }

    private ModelSignature signature() {
        ModelSignature known = signature;
        if (known == null) {
            known = read(model.get());
            signature = known;
        }
        return known;
    }

    private static ModelSignature read(Path file) {
        try {
            return ModelSignature.of(file);
        } catch (GgufException e) {
            throw RequestException.invalid("model", String.valueOf(e.getMessage()));
        } catch (NoSuchFileException e) {
            throw RequestException.invalid("model", "there is no file " + e.getMessage());
        } catch (IOException e) {
            throw RequestException.invalid("model", "cannot read " + file + ": " + e);
        }
    }
}
