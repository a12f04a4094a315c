package dev.sol.policy.learned;

import dev.sol.policy.Axis;
import dev.sol.policy.Observation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The network straight from its formulas, in double precision, for one sequence: every step computes the whole episode so far
 * from its inputs, without a cache.
 */
final class NetworkReference {
    private final PolicySpec spec;
    private final PolicyWeights weights;
    private final List<float[]> features = new ArrayList<>();
    private final List<Integer> previous = new ArrayList<>();

    NetworkReference(PolicyWeights weights) {
        this.spec = weights.spec();
        this.weights = weights;
    }

    void restart() {
        features.clear();
        previous.clear();
    }

    /** The logits of the next step. */
    double[] step(float[] stepFeatures, int previousAction) {
        if (features.size() == spec.horizon()) {
            restart();
        }
        features.add(stepFeatures.clone());
        previous.add(previousAction);
        int d = spec.width();
        int steps = features.size();
        double[][] x = new double[steps][];
        double[][] qkv = new double[steps][];
        for (int t = 0; t < steps; t++) {
            x[t] = input(t);
            qkv[t] = linear("attn.qkv", norm("attn.norm", x[t]));
        }
        int now = steps - 1;
        double[] attended = new double[d];
        int size = d / spec.heads();
        for (int head = 0; head < spec.heads(); head++) {
            double[] p = new double[steps];
            double sum = 0;
            for (int t = 0; t < steps; t++) {
                double dot = 0;
                for (int i = head * size; i < (head + 1) * size; i++) {
                    dot += qkv[now][i] * qkv[t][d + i];
                }
                p[t] = Math.exp(dot / Math.sqrt(size));
                sum += p[t];
            }
            for (int t = 0; t < steps; t++) {
                for (int i = head * size; i < (head + 1) * size; i++) {
                    attended[i] += p[t] / sum * qkv[t][2 * d + i];
                }
            }
        }
        double[] h = sum(x[now], linear("attn.out", attended));
        h = sum(h, linear("mlp.down", gelu(linear("mlp.up", norm("mlp.norm", h)))));
        double[] outputs = linear("head", norm("head.norm", h));

        int scalars = 2 * spec.embedding();
        float[] targets =
                Arrays.copyOfRange(features.get(now), scalars + Observation.TARGETS, scalars + Observation.TARGETS + 3);
        double[] wide = new double[3];
        Arrays.setAll(wide, i -> targets[i]);
        outputs = sum(outputs, linear("target.out", gelu(linear("target.hidden", wide))));
        float[] prior = new float[spec.logits()];
        new PolicyPrior(spec).logits(targets[0], targets[1], targets[2], prior, 0);
        double[] logits = new double[prior.length];
        for (int i = 0; i < prior.length; i++) {
            logits[i] = prior[i] + (spec.joint() ? outputs[i] : tilted(outputs, i));
        }
        return logits;
    }

    /** What the tilt of its axis adds to logit i. */
    private double tilted(double[] tilts, int i) {
        int a = 0;
        for (Axis axis : Axis.values()) {
            int k = i - spec.logitOffset(axis);
            if (k < spec.grid().size(axis)) {
                return tilts[a] * (axis.share(spec.grid().value(axis, k)) - .5) / spec.priorWidth();
            }
            a++;
        }
        throw new IllegalArgumentException("no logit " + i);
    }

    private double[] input(int t) {
        float[] f = features.get(t);
        int e = spec.embedding();
        double[] in = new double[2 * e + spec.actionEmbedding() + 64];
        for (int i = 0; i < 2 * e; i++) {
            in[i] = f[i];
        }
        if (spec.joint()) {
            add(in, 2 * e, "action.weight", previous.get(t) < 0 ? spec.grid().size() : previous.get(t));
        } else {
            for (Axis axis : Axis.values()) {
                double value = previous.get(t) < 0
                        ? 0
                        : spec.grid().action(previous.get(t)).get(axis);
                double[] values = spec.grid().values(axis);
                int row = previous.get(t) < 0 ? values.length : Arrays.binarySearch(values, value);
                add(in, 2 * e, "action." + axis.key() + ".weight", row);
            }
        }
        double[] scalars = new double[spec.scalars()];
        for (int i = 0; i < scalars.length; i++) {
            scalars[i] = f[2 * e + i];
        }
        double[] widened = norm("scalars.norm", gelu(linear("scalars", scalars)));
        System.arraycopy(widened, 0, in, 2 * e + spec.actionEmbedding(), 64);
        double[] x = linear("input", in);
        float[] position = weights.tensor("position.weight");
        for (int i = 0; i < x.length; i++) {
            x[i] += position[t * spec.width() + i];
        }
        return x;
    }

    private void add(double[] in, int offset, String table, int row) {
        float[] values = weights.tensor(table);
        for (int i = 0; i < spec.actionEmbedding(); i++) {
            in[offset + i] += values[row * spec.actionEmbedding() + i];
        }
    }

    private double[] linear(String name, double[] x) {
        float[] w = weights.tensor(name + ".weight");
        float[] b = weights.tensor(name + ".bias");
        assert w.length == b.length * x.length;
        double[] y = new double[b.length];
        for (int o = 0; o < y.length; o++) {
            y[o] = b[o];
            for (int i = 0; i < x.length; i++) {
                y[o] += (double) w[o * x.length + i] * x[i];
            }
        }
        return y;
    }

    private double[] norm(String name, double[] x) {
        float[] w = weights.tensor(name + ".weight");
        float[] b = weights.tensor(name + ".bias");
        double mean = Arrays.stream(x).average().orElseThrow();
        double variance =
                Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
        double[] y = new double[x.length];
        Arrays.setAll(y, i -> (x[i] - mean) / Math.sqrt(variance + 1e-5) * w[i] + b[i]);
        return y;
    }

    private static double[] gelu(double[] x) {
        return Arrays.stream(x).map(v -> v / 2 * (1 + erf(v / Math.sqrt(2)))).toArray();
    }

    /** The power series; it converges everywhere, and loses no more than 1e-9 where |x| < 4. */
    static double erf(double x) {
        if (Math.abs(x) > 5) {
            return Math.signum(x);
        }
        double term = x;
        double sum = x;
        for (int n = 1; n < 200; n++) {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.sqrt(Math.PI) * sum;
    }

    private static double[] sum(double[] a, double[] b) {
        double[] c = new double[a.length];
        Arrays.setAll(c, i -> a[i] + b[i]);
        return c;
    }
}
