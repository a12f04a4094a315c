package dev.sol.policy.learned;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import java.util.Arrays;

/**
 * The logits that a policy starts with: on each axis a narrow bell around the target, whose mean is the target. What the network
 * learns is added to them, so that an untrained one is the static policy.
 *
 * <p>In shares g of the dense value, with target v: logit(g) = θ·g − (g − v)²/2σ², θ such that the mean is v; the largest
 * logit is 0. At an end of the grid, v is taken to be 1e-6 inside. The logits are strictly concave in g even there, so that a tilt
 * of them ({@link BudgetController}) goes from value to neighbouring value. A joint head gets the sum over the axes, so that
 * the axes are independent. Safe to share.
 */
public final class PolicyPrior {
    /** How far inside the grid targets are kept, as a share. */
    private static final double INSIDE = 1e-6;

    private final PolicySpec spec;
    private final double[] attn; // the grid in shares
    private final double[] mlp;
    private final double[] bits;

    public PolicyPrior(PolicySpec spec) {
        this.spec = spec;
        this.attn = shares(spec.grid(), Axis.ATTN);
        this.mlp = shares(spec.grid(), Axis.MLP);
        this.bits = shares(spec.grid(), Axis.BITS);
    }

    private static double[] shares(ActionGrid grid, Axis axis) {
        return Arrays.stream(grid.values(axis)).map(axis::share).toArray();
    }

    /** The prior for {@code target}: [L], from {@code offset} on. A target outside the grid is taken to be at its end. */
    public void logits(Budget target, float[] out, int offset) {
        logits(
                (float) Axis.ATTN.share(target.attn()),
                (float) Axis.MLP.share(target.mlp()),
                (float) Axis.BITS.share(target.bits()),
                out,
                offset);
    }

    /** The same, for targets as shares: as the features have them. */
    void logits(float attn, float mlp, float bits, float[] out, int offset) {
        double[] a = axis(this.attn, attn);
        double[] m = axis(this.mlp, mlp);
        double[] b = axis(this.bits, bits);
        int at = offset;
        if (!spec.joint()) {
            for (double[] logits : new double[][] {a, m, b}) {
                for (double logit : logits) {
                    out[at++] = (float) logit;
                }
            }
            return;
        }
        ActionGrid grid = spec.grid();
        for (int action = 0; action < grid.size(); action++) {
            out[at++] = (float) (a[grid.coordinate(action, Axis.ATTN)]
                    + m[grid.coordinate(action, Axis.MLP)]
                    + b[grid.coordinate(action, Axis.BITS)]);
        }
    }

    /** The logits of one axis. */
    private double[] axis(double[] g, double target) {
        double[] logits = new double[g.length];
        if (g.length == 1) {
            return logits;
        }
        double first = g[0];
        double last = g[g.length - 1];
        double inside = Math.min(INSIDE, (last - first) / 4);
        double v = Math.clamp(target, first + inside, last - inside);
        double sigma = spec.priorWidth();
        // The mean rises with θ. Beyond these bounds it is nearer to an end than `inside`, whatever the grid.
        double bound = 1 / (sigma * sigma) + 60 / gap(g);
        double low = -bound;
        double high = bound;
        double theta = 0;
        for (int i = 0; i < 200 && high - low > Math.ulp(bound); i++) {
            fill(logits, g, v, sigma, theta);
            double sum = 0;
            double first1 = 0;
            double second = 0;
            for (int j = 0; j < g.length; j++) {
                double w = Math.exp(logits[j]);
                sum += w;
                first1 += w * (g[j] - v);
                second += w * (g[j] - v) * (g[j] - v);
            }
            double error = first1 / sum; // of the mean
            if (error == 0) {
                break;
            }
            if (error > 0) {
                high = theta;
            } else {
                low = theta;
            }
            double newton = theta - error / (second / sum - error * error);
            theta = newton > low && newton < high ? newton : (low + high) / 2;
        }
        fill(logits, g, v, sigma, theta);
        return logits;
    }

    private static void fill(double[] logits, double[] g, double v, double sigma, double theta) {
        double max = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < g.length; j++) {
            double d = g[j] - v;
            logits[j] = theta * d - d * d / (2 * sigma * sigma);
            max = Math.max(max, logits[j]);
        }
        for (int j = 0; j < g.length; j++) {
            logits[j] -= max;
        }
    }

    private static double gap(double[] g) {
        double gap = Double.MAX_VALUE;
        for (int i = 1; i < g.length; i++) {
            gap = Math.min(gap, g[i] - g[i - 1]);
        }
        return gap;
    }
}
