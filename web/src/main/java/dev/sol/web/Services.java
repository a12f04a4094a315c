package dev.sol.web;

/**
 * What handlers have in common.
 *
 * @param options of the server
 * @param readiness has the model
 * @param metrics count
 */
record Services(ServerOptions options, Readiness readiness, ServerMetrics metrics) {}
