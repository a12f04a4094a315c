package dev.sol.trainer.eval;

import java.io.PrintWriter;
import java.util.List;

/**
 * Prints results as they come.
 *
 * @param percent confidence of intervals
 */
record EvalPrinter(PrintWriter out, int percent) implements Experiment.Listener {
    @Override
    public void dense(Family family, Row dense) {
        print(EvalTable.dense(family.name(), dense));
    }

    @Override
    public void block(Family family, TaskSet task, List<TaskRow> rows) {
        print(TaskTable.block(family, task, rows));
    }

    @Override
    public void block(Family family, List<Row> rows) {
        print(EvalTable.block(rows, percent));
    }

    private void print(String text) {
        out.print(text);
        out.flush();
    }
}
