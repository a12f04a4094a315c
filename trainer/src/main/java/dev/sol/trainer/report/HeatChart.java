package dev.sol.trainer.report;

import java.awt.Color;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.SymbolAxis;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.PaintScale;
import org.jfree.chart.renderer.xy.XYBlockRenderer;
import org.jfree.data.xy.DefaultXYZDataset;

/** Shares of values in classes, as shades: a histogram for each class. */
final class HeatChart {
    private static final int WIDTH = 860;
    private static final Color SHADE = SvgChart.COLOURS[0];

    private final Map<String, Map<Double, Double>> counts = new TreeMap<>();

    void add(String name, double value, double count) {
        counts.computeIfAbsent(name, _ -> new TreeMap<>()).merge(value, count, Double::sum);
    }

    boolean isEmpty() {
        return counts.isEmpty();
    }

    Figure figure(String title, String caption, String axis) {
        TreeSet<Double> values = new TreeSet<>();
        counts.values().forEach(own -> values.addAll(own.keySet()));
        List<Double> columns = new ArrayList<>(values);
        String[] names = counts.keySet().toArray(String[]::new);
        int cells = names.length * columns.size();
        double[][] data = new double[3][cells];
        List<List<String>> rows = new ArrayList<>();
        int at = 0;
        double most = 0;
        for (int i = 0; i < names.length; i++) {
            Map<Double, Double> own = counts.getOrDefault(names[i], Map.of());
            double all = own.values().stream().mapToDouble(count -> count).sum();
            List<String> row = new ArrayList<>(List.of(names[i]));
            for (int j = 0; j < columns.size(); j++) {
                double share = own.getOrDefault(columns.get(j), 0.0) / all;
                data[0][at] = j;
                data[1][at] = i;
                data[2][at++] = share;
                most = Math.max(most, share);
                row.add(Lines.number(share));
            }
            rows.add(row);
        }
        DefaultXYZDataset dataset = new DefaultXYZDataset();
        dataset.addSeries("share", data);
        XYBlockRenderer renderer = new XYBlockRenderer();
        renderer.setPaintScale(scale(most));
        String[] labels = columns.stream().map(HeatChart::label).toArray(String[]::new);
        JFreeChart chart = new JFreeChart(
                title,
                JFreeChart.DEFAULT_TITLE_FONT,
                new XYPlot(dataset, new SymbolAxis(axis, labels), new SymbolAxis("", names), renderer),
                false);
        SvgChart.style(chart);
        ((SymbolAxis) chart.getXYPlot().getDomainAxis()).setGridBandsVisible(false);
        ((SymbolAxis) chart.getXYPlot().getRangeAxis()).setGridBandsVisible(false);
        List<String> header = new ArrayList<>(List.of(""));
        header.addAll(List.of(labels));
        return new Figure(title, caption, SvgChart.draw(chart, WIDTH, 110 + 34 * names.length), header, rows);
    }

    private static String label(double value) {
        return value == Math.rint(value) && value > 1 ? Integer.toString((int) value) : Double.toString(value);
    }

    /** From nothing to a full shade. */
    private static PaintScale scale(double most) {
        return new PaintScale() {
            @Override
            public double getLowerBound() {
                return 0;
            }

            @Override
            public double getUpperBound() {
                return most;
            }

            @Override
            public Color getPaint(double value) {
                int alpha = (int) Math.round(255 * Math.sqrt(Math.clamp(value / most, 0, 1)));
                return new Color(SHADE.getRed(), SHADE.getGreen(), SHADE.getBlue(), alpha);
            }
        };
    }
}
