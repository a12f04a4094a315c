package dev.sol.runtime.cost;

/**
 * How many positions a token attends, from what is known before its step: ⌈κ·n⌉ of n visible ones, in whole pages, with those
 * that are always attended among them. Layers with a sliding window see fewer; they count here like the others.
 *
 * @param sinks positions 0 … sinks-1 are always attended
 * @param window so are the newest {@code window} positions before the token, and the token itself
 * @param page positions in a page; 1 for a criterion without pages
 */
public record AttendedPositions(int sinks, int window, int page) {
    private static final double ROUNDING = 1e-6; // κ·n that is whole, but for its last bits

    /** @throws IllegalArgumentException for a page without positions, or a negative number */
    public AttendedPositions {
        if (sinks < 0 || window < 0 || page < 1) {
            throw new IllegalArgumentException("no such positions: " + sinks + ", " + window + ", " + page);
        }
    }

    /**
     * The positions attended.
     *
     * @param keep κ
     * @param visible n, the token's own included; at least 1
     */
    public int of(double keep, int visible) {
        int pages = Math.ceilDiv(visible, page);
        int wanted = (int) Math.ceil(keep * pages - ROUNDING);
        return Math.min(Math.max(wanted, forcedPages(visible)) * page, visible);
    }

    /** Pages with a sink, a position of the window, or the token. */
    private int forcedPages(int visible) {
        int last = (visible - 1) / page;
        int firstOfWindow = Math.max(visible - 1 - window, 0) / page;
        int ofSinks = Math.ceilDiv(Math.min(sinks, visible), page);
        return Math.min(ofSinks, firstOfWindow) + last - firstOfWindow + 1;
    }
}
