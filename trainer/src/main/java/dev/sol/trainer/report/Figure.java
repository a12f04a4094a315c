package dev.sol.trainer.report;

import java.util.List;

/**
 * A figure, and what it shows as a table.
 *
 * @param title of it
 * @param caption what there is to see
 * @param svg the drawing; it takes the colours of text and grid from the page
 * @param columns of the table
 * @param rows of the table
 */
record Figure(String title, String caption, String svg, List<String> columns, List<List<String>> rows) {
    private static final String STYLE = "<style>svg{color:#1f2328;--grid:#d0d7de;background:#fff}"
            + "@media (prefers-color-scheme:dark){svg{color:#e6edf3;--grid:#3d444d;background:#0d1117}}</style>";

    /** A file of its own, with the colours that the page would give it. */
    String file() {
        int end = svg.indexOf('>', svg.indexOf("<svg")) + 1;
        return svg.substring(0, end) + STYLE + svg.substring(end);
    }
}
