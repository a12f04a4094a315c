package dev.sol.trainer.eval;

/**
 * What a token costs by {@link TokenCosts}.
 *
 * @param flops floating-point operations, a multiplication and an addition being two
 * @param bytes read from memory: weights, keys and values, page summaries, the policy
 */
record TokenCost(double flops, double bytes) {
    TokenCost plus(TokenCost other) {
        return new TokenCost(flops + other.flops, bytes + other.bytes);
    }

    TokenCost times(double factor) {
        return new TokenCost(flops * factor, bytes * factor);
    }
}
