/**
 * The HTTP service. {@link dev.sol.web.ServeCommand} starts it; {@link dev.sol.web.SolServer} is its life; the handlers turn
 * requests into completions of the one engine, which decodes on a thread of its own. Everything else here runs on the event
 * loop of the connection that it serves and never blocks.
 */
@NullMarked
package dev.sol.web;

import org.jspecify.annotations.NullMarked;
