package dev.sol.trainer.train;

import dev.sol.trainer.grpo.Metric;
import dev.sol.trainer.grpo.UpdateMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Learning curves as SVG: panels with the metrics of a run over its updates, averaged over neighbouring ones. */
final class Curves {
    private static final int WIDTH = 440;
    private static final int HEIGHT = 240;
    private static final int COLUMNS = 2;
    private static final int HEADLINE = 34;
    private static final int LEFT = 62;
    private static final int RIGHT = 14;
    private static final int TOP = 40;
    private static final int BOTTOM = 34;

    /** Points of a curve, at most. */
    private static final int POINTS = 150;

    private static final int TICKS = 5;
    private static final double BITS = 16;

    /** Of Okabe and Ito: told apart by all eyes. */
    private static final String BLUE = "#0072b2";

    private static final String ORANGE = "#d55e00";
    private static final String GREEN = "#009e73";

    private record Curve(String name, Metric metric, double scale, String colour, boolean dashed) {
        Curve(Metric metric) {
            this("", metric, 1, BLUE, false);
        }

        double of(UpdateMetrics metrics) {
            return scale * metrics.get(metric);
        }
    }

    private record Panel(String title, List<Curve> curves) {}

    private record Point(double x, double y) {}

    private static final List<Panel> PANELS = List.of(
            new Panel("Reward, nats per token", List.of(new Curve(Metric.REWARD))),
            new Panel("Validation loss against uniform, nats per token", List.of(new Curve(Metric.VALIDATION))),
            new Panel(
                    "Budgets, shares (dashed: what was asked for)",
                    List.of(
                            new Curve("attn", Metric.ATTN, 1, BLUE, false),
                            new Curve("", Metric.ATTN_AIM, 1, BLUE, true),
                            new Curve("mlp", Metric.MLP, 1, ORANGE, false),
                            new Curve("", Metric.MLP_AIM, 1, ORANGE, true),
                            new Curve("bits", Metric.BITS, 1 / BITS, GREEN, false),
                            new Curve("", Metric.BITS_AIM, 1 / BITS, GREEN, true))),
            new Panel("Missed budgets, a schedule's mean, share", List.of(new Curve(Metric.MISS))),
            new Panel("Entropy, nats", List.of(new Curve(Metric.ENTROPY))),
            new Panel("Loss", List.of(new Curve(Metric.LOSS))));

    private final StringBuilder svg = new StringBuilder();

    private Curves() {}

    /** The curves of a run's history; without one, a picture without panels. */
    static String svg(String title, List<UpdateMetrics> history) {
        Curves curves = new Curves();
        List<Panel> panels = PANELS.stream()
                .filter(panel -> panel.curves().stream()
                        .anyMatch(curve -> !points(curve, history).isEmpty()))
                .toList();
        int height = HEADLINE + HEIGHT * Math.ceilDiv(panels.size(), COLUMNS);
        curves.add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"11\">",
                COLUMNS * WIDTH, height);
        curves.add("<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
        curves.add("<text x=\"%d\" y=\"22\" font-size=\"15\">%s</text>", LEFT, escaped(title));
        for (int i = 0; i < panels.size(); i++) {
            curves.add("<g transform=\"translate(%d %d)\">", i % COLUMNS * WIDTH, HEADLINE + i / COLUMNS * HEIGHT);
            curves.draw(panels.get(i), history);
            curves.add("</g>");
        }
        curves.add("</svg>");
        return curves.svg.toString();
    }

    private void draw(Panel panel, List<UpdateMetrics> history) {
        List<List<Point>> lines =
                panel.curves().stream().map(curve -> points(curve, history)).toList();
        Scale x = new Scale(0, history.getLast().update(), LEFT, WIDTH - RIGHT);
        Scale y = vertical(lines);
        add("<text x=\"%d\" y=\"16\" font-weight=\"bold\">%s</text>", LEFT, escaped(panel.title()));
        for (double tick : y.ticks()) {
            line(LEFT, y.at(tick), WIDTH - RIGHT, y.at(tick));
            add("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT - 6, y.at(tick) + 4, number(tick));
        }
        for (double tick : x.ticks()) {
            line(x.at(tick), HEIGHT - BOTTOM, x.at(tick), HEIGHT - BOTTOM + 4);
            add(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                    x.at(tick), HEIGHT - BOTTOM + 17, number(tick));
        }
        int legend = LEFT;
        for (int i = 0; i < lines.size(); i++) {
            Curve curve = panel.curves().get(i);
            curve(lines.get(i), x, y, curve);
            if (!curve.name().isEmpty()) {
                add("<text x=\"%d\" y=\"32\" fill=\"%s\">— %s</text>", legend, curve.colour(), escaped(curve.name()));
                legend += 70;
            }
        }
    }

    private void curve(List<Point> points, Scale x, Scale y, Curve curve) {
        StringBuilder line = new StringBuilder();
        for (Point point : points) {
            line.append(String.format(Locale.ROOT, "%.1f,%.1f ", x.at(point.x()), y.at(point.y())));
        }
        add(
                "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"%s points=\"%s\"/>",
                curve.colour(),
                curve.dashed() ? " stroke-dasharray=\"3 3\"" : "",
                line.toString().strip());
        if (points.size() == 1) {
            add(
                    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2\" fill=\"%s\"/>",
                    x.at(points.getFirst().x()), y.at(points.getFirst().y()), curve.colour());
        }
    }

    private void line(double x1, double y1, double x2, double y2) {
        add("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>", x1, y1, x2, y2);
    }

    @SuppressWarnings("AnnotateFormatMethod") // for which there would have to be a library
    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    /** Means of blocks of updates, at the last of each; without what was not measured. */
    private static List<Point> points(Curve curve, List<UpdateMetrics> history) {
        List<Point> points = new ArrayList<>();
        int block = Math.max(1, Math.ceilDiv(history.size(), POINTS));
        for (int from = 0; from < history.size(); from += block) {
            List<UpdateMetrics> part = history.subList(from, Math.min(history.size(), from + block));
            part.stream()
                    .mapToDouble(curve::of)
                    .filter(Double::isFinite)
                    .average()
                    .ifPresent(mean -> points.add(new Point(part.getLast().update(), mean)));
        }
        return points;
    }

    private static Scale vertical(List<List<Point>> lines) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (List<Point> line : lines) {
            for (Point point : line) {
                low = Math.min(low, point.y());
                high = Math.max(high, point.y());
            }
        }
        double margin = high > low ? .05 * (high - low) : Math.max(1e-6, .1 * Math.abs(high));
        return new Scale(low - margin, high + margin, HEIGHT - BOTTOM, TOP);
    }

    /** From values to places. */
    private record Scale(double low, double high, double from, double to) {
        double at(double value) {
            return from + (value - low) / (high - low) * (to - from);
        }

        /** Round values, about {@link #TICKS} of them. */
        List<Double> ticks() {
            double rough = (high - low) / TICKS;
            double power = Math.pow(10, Math.floor(Math.log10(rough)));
            double mantissa = rough / power;
            double step = power * (mantissa < 1.5 ? 1 : mantissa < 3.5 ? 2 : mantissa < 7.5 ? 5 : 10);
            List<Double> ticks = new ArrayList<>();
            for (double i = Math.ceil(low / step); i * step <= high; i++) {
                ticks.add(i * step);
            }
            return ticks;
        }
    }

    private static String number(double value) {
        String text = String.format(Locale.ROOT, "%.4g", Math.abs(value) < 1e-12 ? 0 : value);
        return text.contains(".") && !text.contains("e") ? text.replaceFirst("\\.?0+$", "") : text;
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
