package dev.sol.runtime;

import dev.sol.bindings.ContextHandle;
import dev.sol.bindings.GrammarHandle;
import dev.sol.bindings.Grammars;
import dev.sol.bindings.InvalidArgumentException;
import dev.sol.bindings.ModelHandle;
import dev.sol.bindings.SamplerHandle;
import dev.sol.bindings.Samplers;
import dev.sol.bindings.Sol;
import dev.sol.bindings.SolException;
import dev.sol.bindings.VocabHandle;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * llama.cpp's sampler chain for {@link SamplingOptions}, and the state of their grammar, for one completion. One thread at a time;
 * after {@link #close} every use throws {@link ClosedException}. With a grammar it keeps the native model alive.
 */
public final class Sampler implements AutoCloseable {

    /** A grammar's state, which uses the model's vocabulary. */
    private record Constraint(GrammarHandle grammar, SharedModel model) {
        void close() {
            Grammars.free(grammar);
            model.release();
        }
    }

    private record Handles(SamplerHandle chain, @Nullable Constraint constraint) {
        void free() {
            Samplers.free(chain);
            if (constraint != null) {
                constraint.close();
            }
        }

        @Nullable GrammarHandle grammar() {
            return constraint == null ? null : constraint.grammar;
        }
    }

    private final Owned<Handles> owned;

    /**
     * @param model whose tokens are sampled
     * @param ignoreEos never pick a token that ends the text
     * @param contextLength how far back the penalties look for {@code penaltyLastTokens} -1
     * @throws RequestException if the grammar cannot be read, or there is a bias for a token that the model does not have
     */
    public Sampler(Model model, SamplingOptions options, boolean ignoreEos, int contextLength) {
        int[] banned = ignoreEos ? model.tokenizer().endOfGeneration() : new int[0];
        checkBias(options.logitBias(), model.tokenizer().size());
        Grammar grammar = options.grammar();
        Constraint constraint = grammar == null ? null : constraint(model, grammar);
        SamplerHandle chain;
        try {
            chain = model.call(handle -> chain(handle, options, banned, contextLength));
        } catch (RuntimeException e) {
            if (constraint != null) {
                constraint.close();
            }
            throw e;
        }
        this.owned = new Owned<>(this, "sampler", new Handles(chain, constraint), Handles::free);
    }

    private static void checkBias(Map<Integer, Double> bias, int vocabularySize) {
        for (int token : bias.keySet()) {
            if (token < 0 || token >= vocabularySize) {
                throw RequestException.invalid(
                        "logit_bias",
                        "logit_bias has token %d, the model's are 0 to %d".formatted(token, vocabularySize - 1));
            }
        }
    }

    private static Constraint constraint(Model model, Grammar grammar) {
        return model.call(handle -> {
            try {
                return new Constraint(Grammars.create(handle, grammar.constraint()), model.retain());
            } catch (SolException e) {
                throw NativeErrors.ofRequest(e, "grammar");
            }
        });
    }

    private static SamplerHandle chain(ModelHandle model, SamplingOptions options, int[] banned, int contextLength) {
        SamplerHandle chain = Samplers.newChain();
        try {
            fill(chain, model.vocab(), options, banned, contextLength);
            return chain;
        } catch (InvalidArgumentException e) {
            Samplers.free(chain);
            throw e;
        }
    }

    /** In llama-server's order. What would change nothing is left out. */
    private static void fill(
            SamplerHandle chain, VocabHandle vocab, SamplingOptions options, int[] banned, int contextLength) {
        addBias(chain, vocab, options.logitBias(), banned);
        if (options.hasPenalties()) {
            int last = options.penaltyLastTokens() == -1 ? contextLength : options.penaltyLastTokens();
            Samplers.addPenalties(
                    chain,
                    vocab,
                    Math.min(last, Samplers.MAX_PENALTY_TOKENS),
                    (float) options.repeatPenalty(),
                    (float) options.frequencyPenalty(),
                    (float) options.presencePenalty());
        }
        if (options.isGreedy()) {
            Samplers.addGreedy(chain);
            return;
        }
        if (options.topK() > 0) {
            Samplers.addTopK(chain, options.topK());
        }
        if (options.topP() < 1) {
            Samplers.addTopP(chain, (float) options.topP(), 0);
        }
        if (options.minP() > 0) {
            Samplers.addMinP(chain, (float) options.minP(), 0);
        }
        Samplers.addTemperature(chain, (float) options.temperature());
        Samplers.addDistribution(chain, options.seed().orElseGet(Sampler::randomSeed));
    }

    private static void addBias(SamplerHandle chain, VocabHandle vocab, Map<Integer, Double> biases, int[] banned) {
        int n = biases.size() + banned.length;
        if (n == 0) {
            return;
        }
        int[] tokens = Arrays.copyOf(banned, n);
        float[] bias = new float[n];
        Arrays.fill(bias, 0, banned.length, Float.NEGATIVE_INFINITY);
        int i = banned.length;
        for (Map.Entry<Integer, Double> entry : new TreeMap<>(biases).entrySet()) {
            tokens[i] = entry.getKey();
            bias[i++] = entry.getValue().floatValue();
        }
        Samplers.addLogitBias(chain, vocab, tokens, bias);
    }

    /** A seed that means itself: llama.cpp takes {@link Samplers#RANDOM_SEED} as a wish for another one. */
    public static int randomSeed() {
        int seed = ThreadLocalRandom.current().nextInt();
        return seed == Samplers.RANDOM_SEED ? 0 : seed;
    }

    /**
     * Tells the sampler a token of the prompt, for the penalties. Tokens that it picked it knows; the grammar is about those alone.
     */
    public void accept(int token) {
        owned.call(handles -> {
            Samplers.accept(handles.chain, token);
            return "";
        });
    }

    /** Forgets all tokens, and restarts the random numbers from their seed and the grammar from its beginning. */
    public void reset() {
        owned.call(handles -> {
            Samplers.reset(handles.chain);
            GrammarHandle grammar = handles.grammar();
            if (grammar != null) {
                Grammars.reset(grammar);
            }
            return "";
        });
    }

    /** {@link InferenceContext#sample}. */
    int sample(ContextHandle context, int index) {
        return owned.call(handles -> {
            try {
                return Sol.sample(context, handles.chain, handles.grammar(), index);
            } catch (InvalidArgumentException e) {
                throw NativeErrors.ofSampling(e);
            }
        });
    }

    /** A second call does nothing. */
    @Override
    public void close() {
        owned.close();
    }
}
