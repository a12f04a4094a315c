package dev.sol.trainer.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYErrorRenderer;
import org.jfree.data.xy.XYIntervalSeries;
import org.jfree.data.xy.XYIntervalSeriesCollection;

/** Points with intervals, joined by lines: one series for each name. */
final class Lines {
    private static final int WIDTH = 860;
    private static final int HEIGHT = 440;

    /** A point. */
    record Point(double x, double y, double low, double high) {}

    private final String title;
    private final String xLabel;
    private final String yLabel;
    private final Map<String, List<Point>> series = new LinkedHashMap<>();

    Lines(String title, String xLabel, String yLabel) {
        this.title = title;
        this.xLabel = xLabel;
        this.yLabel = yLabel;
    }

    void add(String name, Point point) {
        series.computeIfAbsent(name, _ -> new ArrayList<>()).add(point);
    }

    boolean isEmpty() {
        return series.isEmpty();
    }

    Figure figure(String caption) {
        XYIntervalSeriesCollection data = new XYIntervalSeriesCollection();
        List<List<String>> rows = new ArrayList<>();
        series.forEach((name, points) -> {
            XYIntervalSeries own = new XYIntervalSeries(name);
            points.stream()
                    .sorted((one, other) -> Double.compare(one.x(), other.x()))
                    .forEach(point -> {
                        own.add(point.x(), point.x(), point.x(), point.y(), point.low(), point.high());
                        rows.add(List.of(
                                name, number(point.x()), number(point.y()), number(point.low()), number(point.high())));
                    });
            data.addSeries(own);
        });
        XYErrorRenderer renderer = new XYErrorRenderer();
        renderer.setDefaultLinesVisible(true);
        renderer.setDrawXError(false);
        renderer.setErrorStroke(new BasicStroke(1.6f));
        renderer.setLegendLine(new Line2D.Double(-14, 0, 14, 0)); // with room for gaps
        for (int i = 0; i < data.getSeriesCount(); i++) {
            Color colour = SvgChart.COLOURS[i % SvgChart.COLOURS.length];
            renderer.setSeriesPaint(i, colour);
            renderer.setSeriesShape(i, new Ellipse2D.Double(-3, -3, 6, 6));
            // Colours that come a second time have broken lines. Gaps are longer than what round ends take from them.
            float[] dashes = i < SvgChart.COLOURS.length ? null : new float[] {6, 5};
            renderer.setSeriesStroke(
                    i, new BasicStroke(1.6f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND, 1, dashes, 0));
        }
        NumberAxis x = new NumberAxis(xLabel);
        x.setAutoRangeIncludesZero(false);
        NumberAxis y = new NumberAxis(yLabel);
        y.setAutoRangeIncludesZero(false);
        JFreeChart chart = new JFreeChart(title, JFreeChart.DEFAULT_TITLE_FONT, new XYPlot(data, x, y, renderer), true);
        SvgChart.style(chart);
        return new Figure(
                title, caption, SvgChart.draw(chart, WIDTH, HEIGHT), List.of("", xLabel, yLabel, "from", "to"), rows);
    }

    static String number(double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.4f", value);
    }
}
