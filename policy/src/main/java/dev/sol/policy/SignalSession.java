package dev.sol.policy;

/**
 * Gives the steps with a high signal a high value and the others a low one, on every axis, such that the mean meets the target.
 *
 * <p>Each axis has an aim: what the next steps must realise on average ({@link BudgetTracker#aim}). The low and the high value
 * lie around it, at the ends of half of the widest range of the grid that has the aim in its middle: loss is convex in what is
 * kept, so that mixing extremes costs more than the signal is worth. They are grid values, rounded outwards; an axis with two
 * values has these. A share P = (aim − low)/(high − low) of the steps gets the high value: the step whose signal is among the
 * highest P of the window.
 *
 * <p>A rank alone keeps no budget: signals may tie, or rise all the time. So the session counts what its choices have left
 * owing, to the extent that aims have not paid it back. Of two values that a tie allows it takes the one that leaves less
 * owing, and it takes the other value than the rank's where that leaves too much. What steps are forced to use beyond their
 * choice (short contexts, rounding up) is no choice, and only moves the aims.
 */
final class SignalSession implements PolicySession {
    /** Steps over which a debt is spread. */
    private static final int PATIENCE = 16;

    /** The most that choices may owe, in dense tokens: .016 of the mean over 128 steps. */
    private static final double MOST_OWED = 2;

    /** Slack that keeps an end of a range that is a grid value from being rounded to its neighbour. */
    private static final double TOLERANCE = 1e-9;

    private final Signal signal;
    private final SignalWindow window = new SignalWindow();
    private final Chooser attn;
    private final Chooser mlp;
    private final Chooser bits;

    SignalSession(ActionGrid grid, Signal signal) {
        this.signal = signal;
        this.attn = new Chooser(Axis.ATTN, grid);
        this.mlp = new Chooser(Axis.MLP, grid);
        this.bits = new Chooser(Axis.BITS, grid);
    }

    @Override
    public Action next(Observation observation) {
        double current = signal.of(observation);
        boolean ranked = !Double.isNaN(current);
        if (ranked) {
            window.add(current);
        }
        // Without a signal nothing is sure: above none, and not even with all places among the highest.
        int above = ranked ? window.above(current) : -1;
        int reach = ranked ? above + window.equalTo(current) : Integer.MAX_VALUE;
        int size = window.size();
        return new Action(
                attn.choose(observation, above, reach, size), mlp.choose(observation, above, reach, size), (int)
                        bits.choose(observation, above, reach, size));
    }

    /** One axis. */
    private static final class Chooser {
        private final Axis axis;
        private final ActionGrid grid;
        private double owed; // the sum of choices minus aims, less what aims have paid back; in the axis' unit

        Chooser(Axis axis, ActionGrid grid) {
            this.axis = axis;
            this.grid = grid;
        }

        /**
         * @param above signals of the window above the current one
         * @param reach these, and those equal to it, itself included
         * @param size signals in the window
         */
        double choose(Observation observation, int above, int reach, int size) {
            int patience = Math.min(PATIENCE, observation.remaining());
            double aim = grid.clamp(axis, observation.tracker().aim(axis, patience));
            double radius = Math.min(aim - grid.minimum(axis), grid.maximum(axis) - aim) / 2;
            double low = grid.below(axis, aim - radius + TOLERANCE);
            double high = grid.above(axis, aim + radius - TOLERANCE);

            double before = owed * (patience - 1) / patience;
            double afterLow = before + low - aim;
            double afterHigh = before + high - aim;
            double places = size * (aim - low) / (high - low);
            boolean isHigh = places > above && (reach <= places || Math.abs(afterHigh) < Math.abs(afterLow));
            double most = axis.ofShare(MOST_OWED);
            if (isHigh ? afterHigh > most : afterLow < -most) {
                isHigh = !isHigh;
            }
            owed = isHigh ? afterHigh : afterLow;
            return isHigh ? high : low;
        }
    }
}
