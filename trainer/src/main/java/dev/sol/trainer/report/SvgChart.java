package dev.sol.trainer.report;

import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.svg.SVGProcessor;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.geom.Rectangle2D;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.Axis;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.text.TextUtils;
import org.jfree.chart.ui.RectangleInsets;

/** Charts as SVG whose text and grid take the page's colours. */
final class SvgChart {
    /** Stands for the colour of text. */
    static final Color INK = new Color(1, 2, 3);

    /** Stands for the colour of grid lines. */
    static final Color GRID = new Color(4, 5, 6);

    static final Color CLEAR = new Color(0, 0, 0, 0);

    /** Of Okabe and Ito: told apart by all eyes, on light and on dark. */
    static final Color[] COLOURS = {
        new Color(0, 114, 178),
        new Color(213, 94, 0),
        new Color(0, 158, 115),
        new Color(204, 121, 167),
        new Color(230, 159, 0),
        new Color(86, 180, 233),
        new Color(128, 128, 128)
    };

    private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 12);

    static {
        TextUtils.setUseDrawRotatedStringWorkaround(false); // which draws outlines rather than text
    }

    private SvgChart() {}

    /** Plain colours and lines. */
    static void style(JFreeChart chart) {
        chart.setBackgroundPaint(CLEAR);
        chart.setBorderVisible(false);
        if (chart.getTitle() != null) {
            chart.getTitle().setPaint(INK);
            chart.getTitle().setFont(FONT.deriveFont(Font.BOLD, 13f));
        }
        if (chart.getLegend() != null) {
            chart.getLegend().setItemPaint(INK);
            chart.getLegend().setItemFont(FONT);
            chart.getLegend().setBackgroundPaint(CLEAR);
            // the reader's font may be wider than the one that is measured here
            chart.getLegend().setItemLabelPadding(new RectangleInsets(2, 2, 2, 24));
            chart.getLegend().setFrame(org.jfree.chart.block.BlockBorder.NONE);
        }
        XYPlot plot = chart.getXYPlot();
        plot.setBackgroundPaint(CLEAR);
        plot.setOutlineVisible(false);
        plot.setDomainGridlinePaint(GRID);
        plot.setRangeGridlinePaint(GRID);
        plot.setDomainGridlineStroke(new BasicStroke(.5f));
        plot.setRangeGridlineStroke(new BasicStroke(.5f));
        style(plot.getDomainAxis());
        style(plot.getRangeAxis());
    }

    private static void style(Axis axis) {
        axis.setLabelPaint(INK);
        axis.setTickLabelPaint(INK);
        axis.setAxisLinePaint(GRID);
        axis.setTickMarkPaint(GRID);
        axis.setLabelFont(FONT);
        axis.setTickLabelFont(FONT);
    }

    /** Draws. */
    static String draw(JFreeChart chart, int width, int height) {
        VectorGraphics2D graphics = new VectorGraphics2D();
        chart.draw(graphics, new Rectangle2D.Double(0, 0, width, height));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            new SVGProcessor()
                    .getDocument(graphics.getCommands(), new PageSize(0, 0, width, height))
                    .writeTo(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // to memory
        }
        String text = bytes.toString(StandardCharsets.UTF_8);
        // Names are unique in a drawing, and have to be on a page with several.
        String own = text.replace(
                "clip-", "clip-%08x-".formatted(chart.getTitle().getText().hashCode()));
        return themed(own.substring(own.indexOf("<svg")), width, height);
    }

    /** Scales with the page, and has its colours. */
    private static String themed(String svg, int width, int height) {
        int end = svg.indexOf('>');
        String inside = svg.substring(end + 1)
                .replace(rgb(INK), "currentColor")
                .replace(hex(INK), "currentColor")
                .replace(rgb(GRID), "var(--grid)")
                .replace(hex(GRID), "var(--grid)");
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\">%s"
                .formatted(width, height, inside);
    }

    private static String rgb(Color colour) {
        return "rgb(%d,%d,%d)".formatted(colour.getRed(), colour.getGreen(), colour.getBlue());
    }

    private static String hex(Color colour) {
        return "#%02x%02x%02x".formatted(colour.getRed(), colour.getGreen(), colour.getBlue());
    }
}
