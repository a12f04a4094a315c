package dev.sol.runtime;

import dev.sol.bindings.InvalidArgumentException;
import dev.sol.bindings.ModelHandle;
import dev.sol.bindings.SamplerHandle;
import dev.sol.bindings.Samplers;
import dev.sol.bindings.SolException;
import dev.sol.bindings.VocabHandle;
import java.lang.ref.Cleaner;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;

/**
 * llama.cpp's sampler chain for {@link SamplingOptions}. One thread at a time; after {@link #close} every use throws {@link
 * ClosedException}.
 */
public final class Sampler implements AutoCloseable {

    /** What outlives the owner, for the backstop. */
    private record State(SamplerHandle chain, Lifetime lifetime) {
        void close() {
            lifetime.close(() -> {}, () -> Samplers.free(chain));
        }
    }

    private final State state;
    private final Cleaner.Cleanable backstop;

    /**
     * @param model whose tokens are sampled
     * @param ignoreEos never pick a token that ends the text
     * @param contextLength how far back the penalties look for {@code penaltyLastTokens} -1
     */
    public Sampler(Model model, SamplingOptions options, boolean ignoreEos, int contextLength) {
        int[] banned = ignoreEos ? model.tokenizer().endOfGeneration() : new int[0];
        SamplerHandle chain = model.call(handle -> chain(handle, options, banned, contextLength));
        State own = new State(chain, new Lifetime("the sampler"));
        this.state = own;
        this.backstop = Leaks.watch(this, "a sampler", own.lifetime(), own::close);
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
        if (banned.length > 0) {
            float[] bias = new float[banned.length];
            Arrays.fill(bias, Float.NEGATIVE_INFINITY);
            Samplers.addLogitBias(chain, vocab, banned, bias);
        }
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

    /** A seed that means itself: llama.cpp takes {@link Samplers#RANDOM_SEED} as a wish for another one. */
    static int randomSeed() {
        int seed = ThreadLocalRandom.current().nextInt();
        return seed == Samplers.RANDOM_SEED ? 0 : seed;
    }

    /** Tells the sampler a token that it did not pick, such as one of the prompt, for the penalties. */
    public void accept(int token) {
        call(chain -> {
            Samplers.accept(chain, token);
            return "";
        });
    }

    /** Forgets all tokens, and restarts the random numbers from their seed. */
    public void reset() {
        call(chain -> {
            Samplers.reset(chain);
            return "";
        });
    }

    <T> T call(Function<SamplerHandle, T> use) {
        state.lifetime.enter();
        try {
            return use.apply(state.chain);
        } catch (SolException e) {
            throw NativeErrors.translate(e);
        } finally {
            state.lifetime.exit();
        }
    }

    /** A second call does nothing. */
    @Override
    public void close() {
        state.close();
        backstop.clean();
    }
}
