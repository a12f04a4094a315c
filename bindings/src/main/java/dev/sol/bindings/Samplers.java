package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;
import dev.sol.bindings.gen.llama_logit_bias;
import dev.sol.bindings.gen.llama_sampler_chain_params;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The samplers of llama.h. A chain narrows and reweighs the candidates in the order in which its samplers were added; the last
 * one, {@link #addGreedy} or {@link #addDistribution}, picks the token. {@link Sol#sample} runs it.
 *
 * <p>A chain is used by one thread at a time. llama.cpp accepts numbers here that make it sample nonsense or end the process
 * (an exception that crosses into Java does); they are refused with {@link InvalidArgumentException}.
 */
public final class Samplers {
    /** A seed that llama.cpp replaces by a random one. */
    public static final int RANDOM_SEED = SolNative.LLAMA_DEFAULT_SEED();

    /** The most tokens that {@link #addPenalties} looks back on. */
    public static final int MAX_PENALTY_TOKENS = 1 << 24;

    /**
     * Larger weights are refused. No useful one comes near, and sums of huge ones end in infinities and NaN, with which the
     * comparisons of a sort contradict each other.
     */
    public static final float MAX_WEIGHT = 1e6f;

    private static final float MIN_TEMPERATURE = 1 / MAX_WEIGHT;

    private Samplers() {}

    /** Makes an empty chain, which the caller frees with {@link #free}. */
    public static SamplerHandle newChain() {
        NativeLibrary.load();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment params = SolNative.llama_sampler_chain_default_params(arena);
            llama_sampler_chain_params.no_perf(params, true); // its timers are never read
            return new SamplerHandle(SolNative.llama_sampler_chain_init(params));
        }
    }

    /** Frees a chain and its samplers. */
    public static void free(SamplerHandle chain) {
        SolNative.llama_sampler_free(chain.address());
    }

    /** Forgets the tokens that the chain was told, and restarts its random numbers from their seed. */
    public static void reset(SamplerHandle chain) {
        SolNative.llama_sampler_reset(chain.address());
    }

    /** Tells the chain a token that it did not sample itself, such as one of the prompt, for the penalties. */
    public static void accept(SamplerHandle chain, int token) {
        SolNative.llama_sampler_accept(chain.address(), token);
    }

    /** Picks the most probable token. */
    public static void addGreedy(SamplerHandle chain) {
        add(chain, SolNative.llama_sampler_init_greedy());
    }

    /**
     * Draws a token by its probability.
     *
     * @param seed 32 bits; {@link #RANDOM_SEED} asks for another one each time
     */
    public static void addDistribution(SamplerHandle chain, int seed) {
        add(chain, SolNative.llama_sampler_init_dist(seed));
    }

    /**
     * Keeps the {@code k} most probable tokens (Holtzman et al., arXiv:1904.09751).
     *
     * @param k 0: all
     */
    public static void addTopK(SamplerHandle chain, int k) {
        require(k >= 0, "top-k must not be negative", k);
        add(chain, SolNative.llama_sampler_init_top_k(k));
    }

    /**
     * Keeps the most probable tokens that together reach probability {@code p} (arXiv:1904.09751).
     *
     * @param p 0 to 1; 1: all
     * @param minKeep keep at least so many
     */
    public static void addTopP(SamplerHandle chain, float p, int minKeep) {
        requireProbability("top-p", p);
        requireMinKeep(minKeep);
        add(chain, SolNative.llama_sampler_init_top_p(p, minKeep));
    }

    /**
     * Keeps the tokens at least {@code p} times as probable as the most probable one (llama.cpp pull request 3841).
     *
     * @param p 0 to 1; 0: all
     * @param minKeep keep at least so many
     */
    public static void addMinP(SamplerHandle chain, float p, int minKeep) {
        requireProbability("min-p", p);
        requireMinKeep(minKeep);
        add(chain, SolNative.llama_sampler_init_min_p(p, minKeep));
    }

    /**
     * Divides the logits by {@code temperature}.
     *
     * @param temperature finite; 0, and what is less than a millionth, leaves only the most probable token
     */
    public static void addTemperature(SamplerHandle chain, float temperature) {
        require(
                Float.isFinite(temperature) && temperature >= 0,
                "the temperature must be 0 or more, and finite",
                temperature);
        add(chain, SolNative.llama_sampler_init_temp(temperature < MIN_TEMPERATURE ? 0 : temperature));
    }

    /**
     * Makes tokens less probable that occur among the last {@code lastTokens} ones the chain was told.
     *
     * @param lastTokens 0 (off) to {@link #MAX_PENALTY_TOKENS}
     * @param repeat divides a positive logit, multiplies a negative one; 1/{@link #MAX_WEIGHT} to {@link #MAX_WEIGHT}, 1 = off
     * @param frequency subtracted once for each occurrence; at most {@link #MAX_WEIGHT} either way, 0 = off
     * @param presence subtracted once; at most {@link #MAX_WEIGHT} either way, 0 = off
     */
    public static void addPenalties(
            SamplerHandle chain, VocabHandle vocab, int lastTokens, float repeat, float frequency, float presence) {
        require(
                lastTokens >= 0 && lastTokens <= MAX_PENALTY_TOKENS,
                "the penalties look back on 0 to " + MAX_PENALTY_TOKENS + " tokens",
                lastTokens);
        require(
                repeat >= 1 / MAX_WEIGHT && repeat <= MAX_WEIGHT,
                "the repeat penalty must be from 1e-6 to 1e6",
                repeat);
        requireWeight("frequency penalty", frequency);
        requireWeight("presence penalty", presence);
        add(chain, SolNative.llama_sampler_init_penalties(vocab.size(), lastTokens, repeat, frequency, presence));
    }

    /**
     * Adds {@code bias[i]} to the logit of {@code tokens[i]}. Negative infinity forbids a token.
     *
     * @throws InvalidArgumentException if there is no such token, or a bias is NaN or more than {@link #MAX_WEIGHT}
     */
    public static void addLogitBias(SamplerHandle chain, VocabHandle vocab, int[] tokens, float[] bias) {
        require(tokens.length == bias.length, "there must be " + tokens.length + " biases", bias.length);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment array = llama_logit_bias.allocateArray(tokens.length, arena);
            for (int i = 0; i < tokens.length; i++) {
                vocab.check(tokens[i]);
                if (bias[i] != Float.NEGATIVE_INFINITY) {
                    requireWeight("bias of token " + tokens[i], bias[i]);
                }
                MemorySegment element = llama_logit_bias.asSlice(array, i);
                llama_logit_bias.token(element, tokens[i]);
                llama_logit_bias.bias(element, bias[i]);
            }
            add(chain, SolNative.llama_sampler_init_logit_bias(vocab.size(), tokens.length, array)); // copies the array
        }
    }

    /** Appends a sampler, which from then on belongs to the chain. */
    private static void add(SamplerHandle chain, MemorySegment sampler) {
        SolNative.llama_sampler_chain_add(chain.address(), Handles.opaque(sampler, "sampler"));
    }

    private static void requireWeight(String what, float weight) {
        require(Math.abs(weight) <= MAX_WEIGHT, "the " + what + " must be from -1e6 to 1e6", weight);
    }

    private static void requireProbability(String what, float p) {
        require(p >= 0 && p <= 1, what + " must be from 0 to 1", p);
    }

    private static void requireMinKeep(int minKeep) {
        require(minKeep >= 0, "the number of tokens to keep must not be negative", minKeep);
    }

    private static void require(boolean condition, String what, Object value) {
        if (!condition) {
            throw new InvalidArgumentException(what + ", not " + value);
        }
    }
}
