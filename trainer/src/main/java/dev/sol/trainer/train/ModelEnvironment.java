package dev.sol.trainer.train;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.Budget;
import dev.sol.policy.learned.LearnedPolicy;
import dev.sol.policy.learned.PolicyFile;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.Execution;
import dev.sol.runtime.Model;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.cli.ModelSource;
import dev.sol.runtime.cost.CostModel;
import dev.sol.runtime.engine.StepCosts;
import dev.sol.runtime.gguf.ModelSignature;
import dev.sol.trainer.corpus.Corpus;
import dev.sol.trainer.corpus.Fingerprint;
import dev.sol.trainer.corpus.Part;
import dev.sol.trainer.corpus.PartWindows;
import dev.sol.trainer.corpus.ShuffledWindows;
import dev.sol.trainer.corpus.TextTokenizer;
import dev.sol.trainer.corpus.TokenizedCorpus;
import dev.sol.trainer.corpus.TokenizerFingerprint;
import dev.sol.trainer.eval.PolicyValidation;
import dev.sol.trainer.grpo.EpisodePlan;
import dev.sol.trainer.grpo.Validation;
import dev.sol.trainer.metrics.StaticCalibration;
import dev.sol.trainer.metrics.StaticSplit;
import dev.sol.trainer.rollout.EpisodeTexts;
import dev.sol.trainer.rollout.ParallelRollouts;
import dev.sol.trainer.rollout.RolloutOptions;
import dev.sol.trainer.rollout.Rollouts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model, and the training part of texts. An episode's text is the start of a window: windows come in an order of the seed, each once
 * before one comes again.
 */
final class ModelEnvironment implements Environment {
    /**
     * Tokens that a hundred static actions are measured on. With a quarter of them the split of the embedded model at net .6 was .003
     * nats worse on WikiText-2.
     */
    private static final int CALIBRATION_TOKENS = 16_384;

    /** Where the targets of the validation are in the range of each axis. */
    private static final List<Double> VALIDATION_PLACES = List.of(.3, .5, .7);

    private final Model model;
    private final PolicyFile.Model name;
    private final ObjectNode identity;
    private final List<TokenizedCorpus> corpora;
    private final TrainConfig config;
    private final int threads;
    private final ShuffledWindows windows;
    private final @Nullable PartWindows heldOut; // null: the configuration wants no validation
    private final Rollouts rollouts;
    private final Object lock = new Object();
    private @Nullable StaticCalibration calibration; // guarded by `lock` for whoever cancels
    private @Nullable PolicyValidation validation; // the same
    private boolean cancelled;

    private ModelEnvironment(
            Model model,
            PolicyFile.Model name,
            ObjectNode identity,
            List<TokenizedCorpus> corpora,
            TextTokenizer tokenizer,
            TrainConfig config,
            int threads,
            @Nullable CostModel costs) {
        this.windows = new ShuffledWindows(
                new PartWindows(corpora, tokenizer, Part.TRAIN, config.context()),
                config.recipe().episodes().seed());
        // Now, so that a text without a window in the validation part is told before anything is trained.
        this.heldOut = config.validationWindows() == 0
                ? null
                : new PartWindows(corpora, tokenizer, Part.VALIDATION, config.context());
        this.rollouts = ParallelRollouts.open(
                model,
                RolloutOptions.DEFAULT
                        .withReward(config.reward())
                        .withKnobs(config.knobs())
                        .withThreads(threads),
                costs);
        this.config = config;
        this.threads = ParallelRollouts.threadsOfOne(model, threads);
        this.model = model;
        this.name = name;
        this.identity = identity;
        this.corpora = corpora;
    }

    /**
     * Loads the model, and opens the corpora; tokenises what was not tokenised before.
     *
     * @param threads of the model; 0: one for each processor
     * @throws RequestException if the configuration is not for the model, or a corpus cannot be used
     * @throws java.util.concurrent.CancellationException if the listener wanted it
     */
    static ModelEnvironment open(
            ModelSource source, TrainConfig config, List<Corpus> texts, int threads, TokenizedCorpus.Listener listener)
            throws IOException {
        Model model = source.load();
        List<TokenizedCorpus> corpora = new ArrayList<>();
        try {
            requireContext(model, config);
            TextTokenizer tokenizer = TextTokenizer.of(model.tokenizer());
            String fingerprint = TokenizerFingerprint.of(source.file());
            for (Corpus text : texts) {
                corpora.add(TokenizedCorpus.open(text, tokenizer, fingerprint, listener));
            }
            ModelSignature signature = ModelSignature.of(source.file());
            CostModel costs = costs(model, config, threads, listener);
            ObjectNode identity = identity(source, texts);
            if (costs != null) {
                identity.put("costs", costs.toString()); // measured anew, they are others
            }
            return new ModelEnvironment(
                    model,
                    new PolicyFile.Model(signature.architecture(), signature.tensors(), source.id()),
                    identity,
                    corpora,
                    tokenizer,
                    config,
                    threads,
                    costs);
        } catch (IOException | RuntimeException e) {
            corpora.forEach(TokenizedCorpus::close);
            model.close();
            throw e;
        }
    }

    /** What steps cost when the policy serves; null if they are not charged. */
    private static @Nullable CostModel costs(
            Model model, TrainConfig config, int threads, TokenizedCorpus.Listener listener) {
        if (config.recipe().advantages().returns().costWeight() == 0) {
            return null;
        }
        ContextOptions serving = ContextOptions.DEFAULT
                .withExecution(Execution.SKIP)
                .withKnobs(config.knobs())
                .withThreads(threads);
        return new StepCosts(model, serving).get(listener::cancelled);
    }

    private static void requireContext(Model model, TrainConfig config) {
        int trained = model.info().contextLength();
        if (trained > 0 && config.context() > trained) {
            throw RequestException.invalid(
                    "context",
                    "the configuration's context of %d tokens is longer than the model's of %d; set context and prefix, or use the preset small"
                            .formatted(config.context(), trained));
        }
    }

    private static ObjectNode identity(ModelSource source, List<Corpus> texts) throws IOException {
        ObjectNode identity = JsonNodeFactory.instance.objectNode();
        identity.putObject("model").put("name", source.id()).put("sha256", Fingerprint.sha256(source.file()));
        ArrayNode corpora = identity.putArray("corpora");
        for (Corpus text : texts) {
            corpora.addObject().put("name", text.name()).put("sha256", Fingerprint.sha256(text.file()));
        }
        return identity;
    }

    @Override
    public int embedding() {
        return model.info().embeddingLength();
    }

    @Override
    public PolicyFile.Model model() {
        return name;
    }

    @Override
    public ObjectNode identity() {
        return identity;
    }

    @Override
    public EpisodeTexts texts() {
        return windows::get;
    }

    @Override
    public Rollouts rollouts() {
        return rollouts;
    }

    /** On windows of the validation part of the texts, at {@link #validationTargets}; none if the configuration wants none. */
    @Override
    public Validation validation() {
        if (heldOut == null) {
            return Validation.NONE;
        }
        EpisodePlan episodes = config.recipe().episodes();
        PolicyValidation own = PolicyValidation.open(
                model,
                heldOut.spread(config.validationWindows()),
                episodes.shortestPrefix(),
                threads,
                config.knobs(),
                validationTargets(episodes));
        synchronized (lock) {
            validation = own;
            if (cancelled) {
                own.cancel();
            }
        }
        // What a file would say beside the weights decides nothing here: targets are given by axis.
        PolicyFile.Header header = new PolicyFile.Header(
                new PolicyFile.Targets(episodes.lowest(), episodes.highest()), List.of(), name, Map.of());
        return weights -> own.difference(new LearnedPolicy("validation", new PolicyFile(weights, header)));
    }

    /** All axes at the same place in the range that is trained on. */
    private static List<Budget> validationTargets(EpisodePlan episodes) {
        Budget low = episodes.lowest();
        Budget high = episodes.highest();
        return VALIDATION_PLACES.stream()
                .map(place -> new Budget(
                        low.attn() + place * (high.attn() - low.attn()),
                        low.mlp() + place * (high.mlp() - low.mlp()),
                        low.bits() + place * (high.bits() - low.bits())))
                .toList();
    }

    /** On the validation part of the texts; empty if the configuration wants no validation. */
    @Override
    public List<Budget> split() {
        if (heldOut == null) {
            return List.of();
        }
        List<int[]> calibrating = heldOut.spread(Math.max(1, CALIBRATION_TOKENS / config.context()));
        int prefix = config.recipe().episodes().shortestPrefix();
        try (StaticCalibration own = StaticCalibration.open(model, calibrating, prefix, threads, config.knobs())) {
            use(own);
            return own.run(config.network().grid(), (_, _) -> {}).stream()
                    .map(StaticSplit.Row::target)
                    .toList();
        } finally {
            use(null);
        }
    }

    private void use(@Nullable StaticCalibration running) {
        synchronized (lock) {
            calibration = running;
            if (cancelled && running != null) {
                running.cancel();
            }
        }
    }

    @Override
    public void cancel() {
        rollouts.cancel();
        synchronized (lock) {
            cancelled = true;
            if (calibration != null) {
                calibration.cancel();
            }
            if (validation != null) {
                validation.cancel();
            }
        }
    }

    @Override
    public void close() {
        rollouts.close();
        synchronized (lock) {
            if (validation != null) {
                validation.close();
                validation = null;
            }
        }
        corpora.forEach(TokenizedCorpus::close);
        model.close();
    }
}
