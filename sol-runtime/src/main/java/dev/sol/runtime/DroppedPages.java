package dev.sol.runtime;

/** What stands in for a page that a token does not attend. */
public enum DroppedPages {
    /** Nothing. */
    NONE,
    /** One position with the page's mean key and mean value, and log(number of positions) added to its logit. */
    TAIL
}
