package dev.sol.trainer.knobs;

import dev.sol.policy.Axis;
import dev.sol.trainer.cli.Progress;
import java.util.ArrayList;
import java.util.List;

/** Writes down what a sweep tells. */
final class Recorder implements Progress, Sweep.Listener {
    final List<String> told = new ArrayList<>();
    long tokens;

    @Override
    public void start(int cells, long allTokens) {
        told.add("start %d, %d".formatted(cells, allTokens));
    }

    @Override
    public void begin(String id) {
        told.add(id);
    }

    @Override
    public void step(int scored) {
        tokens += scored;
    }

    @Override
    public void end(String result) {}

    @Override
    public void skip(int cells, long skipped) {
        told.add("skip %d, %d".formatted(cells, skipped));
    }

    @Override
    public void expect(long tokens) {
        told.add("expect " + tokens);
    }

    @Override
    public void aside(Runnable print) {
        print.run();
    }

    @Override
    public void close() {}

    @Override
    public void dense() {
        told.add("= dense");
    }

    @Override
    public void block(Axis axis) {
        told.add("= " + axis.key());
    }
}
