package dev.sol.runtime.bench;

/**
 * What each user asks for.
 *
 * @param requests one after the other
 * @param promptTokens of each
 * @param tokens that each generates
 */
record ServerLoad(int requests, int promptTokens, int tokens) {}
