package dev.sol.trainer.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.annotations.XYPolygonAnnotation;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.SymbolAxis;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.data.xy.XYSeries;
import org.jfree.data.xy.XYSeriesCollection;

/** How the losses of random draws are spread, and where the policy is. */
final class Violins {
    private static final int WIDTH = 860;
    private static final int HEIGHT = 420;
    private static final int POINTS = 60;
    private static final double HALF_WIDTH = .4;

    private final Map<String, double[]> draws = new LinkedHashMap<>();
    private final Map<String, Double> policy = new LinkedHashMap<>();

    void add(String name, double[] losses, double policyLoss) {
        double[] sorted = losses.clone();
        Arrays.sort(sorted);
        draws.put(name, sorted);
        policy.put(name, policyLoss);
    }

    boolean isEmpty() {
        return draws.isEmpty();
    }

    Figure figure(String title, String caption) {
        String[] names = draws.keySet().toArray(String[]::new);
        XYSeries best = new XYSeries("best draw");
        XYSeries middle = new XYSeries("median draw");
        XYSeries own = new XYSeries("policy");
        List<List<String>> rows = new ArrayList<>();
        XYLineAndShapeRenderer renderer = new XYLineAndShapeRenderer(false, true);
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < names.length; i++) {
            double[] sorted = draws.getOrDefault(names[i], new double[0]);
            double mine = policy.getOrDefault(names[i], Double.NaN);
            best.add(i, sorted[0]);
            middle.add(i, sorted[sorted.length / 2]);
            own.add(i, mine);
            low = Math.min(low, Math.min(mine, sorted[0]));
            high = Math.max(high, Math.max(mine, sorted[sorted.length - 1]));
            renderer.addAnnotation(violin(i, sorted));
            rows.add(List.of(
                    names[i],
                    Lines.number(sorted[0]),
                    Lines.number(sorted[sorted.length / 2]),
                    Lines.number(sorted[sorted.length - 1]),
                    Lines.number(mine)));
        }
        XYSeriesCollection data = new XYSeriesCollection();
        data.addSeries(own);
        data.addSeries(best);
        data.addSeries(middle);
        for (int i = 0; i < data.getSeriesCount(); i++) {
            renderer.setSeriesPaint(i, SvgChart.COLOURS[new int[] {1, 2, 6}[i]]);
        }
        NumberAxis y = new NumberAxis("loss, nats per token");
        double margin = Math.max(1e-6, .08 * (high - low));
        y.setRange(low - margin, high + margin);
        SymbolAxis x = new SymbolAxis("", names);
        x.setVerticalTickLabels(names.length > 6);
        JFreeChart chart = new JFreeChart(title, JFreeChart.DEFAULT_TITLE_FONT, new XYPlot(data, x, y, renderer), true);
        SvgChart.style(chart);
        x.setGridBandsVisible(false);
        return new Figure(
                title,
                caption,
                SvgChart.draw(chart, WIDTH, HEIGHT),
                List.of("", "best draw", "median", "worst", "policy"),
                rows);
    }

    private static XYPolygonAnnotation violin(int place, double[] sorted) {
        double[] density = new double[POINTS];
        double low = sorted[0];
        double step = (sorted[sorted.length - 1] - low) / (POINTS - 1);
        double width = bandwidth(sorted);
        for (int i = 0; i < POINTS; i++) {
            density[i] = density(sorted, low + i * step, width);
        }
        double most = Arrays.stream(density).max().orElse(1);
        double[] polygon = new double[4 * POINTS];
        for (int i = 0; i < POINTS; i++) {
            double half = HALF_WIDTH * density[i] / most;
            polygon[2 * i] = place + half;
            polygon[2 * i + 1] = low + i * step;
            polygon[4 * POINTS - 2 - 2 * i] = place - half;
            polygon[4 * POINTS - 1 - 2 * i] = low + i * step;
        }
        Color blue = SvgChart.COLOURS[0];
        Color fill = new Color(blue.getRed(), blue.getGreen(), blue.getBlue(), 90);
        return new XYPolygonAnnotation(polygon, new BasicStroke(1f), blue, fill);
    }

    /** Silverman's rule of thumb for Gaussian kernels (1986). */
    static double bandwidth(double[] sample) {
        double mean = Arrays.stream(sample).average().orElse(0);
        double variance =
                Arrays.stream(sample).map(x -> (x - mean) * (x - mean)).sum() / Math.max(1, sample.length - 1);
        return Math.max(1e-9, 1.06 * Math.sqrt(variance) * Math.pow(sample.length, -.2));
    }

    /** By Gaussian kernels. */
    static double density(double[] sample, double at, double bandwidth) {
        double sum = 0;
        for (double value : sample) {
            double z = (at - value) / bandwidth;
            sum += Math.exp(-z * z / 2);
        }
        return sum / (sample.length * bandwidth * Math.sqrt(2 * Math.PI));
    }
}
