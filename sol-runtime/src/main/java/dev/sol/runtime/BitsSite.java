package dev.sol.runtime;

/** What the bits knob rounds. */
public enum BitsSite {
    /** The output of an MLP. */
    OUTPUT,
    /** Its input, after the channels are chosen. The router of a mixture of experts still sees the exact input. */
    INPUT
}
