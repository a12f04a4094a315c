package dev.sol.trainer.metrics;

import dev.sol.policy.Axis;
import java.util.ArrayList;
import java.util.List;

/**
 * How a growing budget is spent: a split of the net for every net, in shares, of which no axis ever gets less when the net grows.
 * Linear between corners.
 */
final class SplitPath {
    private static final int AXES = Axis.values().length;

    private final List<double[]> corners; // [3] shares, by ascending net

    SplitPath(List<double[]> corners) {
        this.corners = List.copyOf(corners);
    }

    /**
     * The path that is best if losses add up: from the least of each axis on, always along the piece that saves most for its share.
     * That is optimal since gains fall along each curve.
     *
     * @param curves [3]
     */
    static SplitPath greedy(AxisCurve... curves) {
        int[] corner = new int[AXES];
        double[] at = new double[AXES];
        for (int axis = 0; axis < AXES; axis++) {
            at[axis] = curves[axis].x(0);
        }
        List<double[]> corners = new ArrayList<>(List.of(at.clone()));
        for (; ; ) {
            int best = -1;
            for (int axis = 0; axis < AXES; axis++) {
                if (corner[axis] < curves[axis].corners() - 1
                        && (best < 0 || curves[axis].gain(corner[axis]) > curves[best].gain(corner[best]))) {
                    best = axis;
                }
            }
            if (best < 0) {
                return new SplitPath(corners);
            }
            at[best] = curves[best].x(++corner[best]);
            corners.add(at.clone());
        }
    }

    double lowest() {
        return net(corners.getFirst());
    }

    double highest() {
        return net(corners.getLast());
    }

    /** The shares at a net; those of an end beyond it. */
    double[] at(double net) {
        double[] result = new double[AXES];
        double[] nets = corners.stream().mapToDouble(SplitPath::net).toArray();
        for (int axis = 0; axis < AXES; axis++) {
            int own = axis;
            result[axis] = AxisCurve.interpolate(
                    nets, corners.stream().mapToDouble(corner -> corner[own]).toArray(), net);
        }
        return result;
    }

    static double net(double[] shares) {
        return (shares[0] + shares[1] + shares[2]) / AXES;
    }
}
