package dev.sol.trainer.eval;

import dev.sol.policy.Action;
import dev.sol.runtime.KnobReach;
import dev.sol.runtime.StepUsage;
import dev.sol.runtime.TokenScore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * A "model" whose loss is known: a token costs {@link #EASY} nats more by what its step spared, or ten times as much if the token is odd.
 * It counts usage as a model of one layer with 10 units would, and what a policy sees of a lane tells the lane's last token and length.
 */
final class FakeLockstep implements Lockstep {
    static final int EMBEDDING = 4;
    static final int VOCABULARY = 100;
    static final double DENSE_NATS = 2;
    static final double EASY = .1;

    private final int lanes;
    private final KnobReach reach;
    private List<Passage> passages = List.of();
    private int[] last = {}; // [lanes] tokens
    private int[] length = {};
    private Action[] actions = {};
    private boolean cancelled;

    /** Lengths of what was scored: how often, and of how many lanes. */
    final List<Integer> scored = new ArrayList<>();

    /** Tokens that can be decoded before it is cancelled. */
    long stepsLeft = Long.MAX_VALUE;

    /** Tokens of every refresh. */
    final List<Integer> refreshes = new ArrayList<>();

    FakeLockstep(int lanes) {
        this(lanes, new KnobReach(true, true, true));
    }

    FakeLockstep(int lanes, KnobReach reach) {
        this.lanes = lanes;
        this.reach = reach;
    }

    @Override
    public int lanes() {
        return lanes;
    }

    @Override
    public int embeddingLength() {
        return EMBEDDING;
    }

    @Override
    public int vocabularySize() {
        return VOCABULARY;
    }

    @Override
    public int forcedPositions() {
        return 7;
    }

    @Override
    public KnobReach reach() {
        return reach;
    }

    @Override
    public void start(List<Passage> begun) {
        passages = List.copyOf(begun);
        last = begun.stream().mapToInt(of -> of.tokens()[of.prefix() - 1]).toArray();
        length = begun.stream().mapToInt(Passage::prefix).toArray();
        actions = new Action[last.length];
        Arrays.fill(actions, Action.DENSE);
    }

    @Override
    public void step(int[] stepping, List<Action> chosen) {
        stepsLeft -= stepping.length;
        if (cancelled || stepsLeft < 0) {
            throw new CancellationException();
        }
        for (int i = 0; i < stepping.length; i++) {
            int lane = stepping[i];
            last[lane] = passages.get(lane).tokens()[length[lane]++];
            actions[lane] = chosen.get(i);
        }
    }

    /** Makes the last token dense. */
    @Override
    public void refresh(int[] refreshed, int count) {
        for (int lane : refreshed) {
            if (count >= length[lane]) {
                throw new IllegalArgumentException("there are not so many tokens");
            }
            actions[lane] = Action.DENSE;
        }
        refreshes.add(count);
    }

    /** Rounds up, as models do. */
    @Override
    public StepUsage usage(int lane) {
        Action action = actions[lane];
        int visible = length[lane];
        long attended = Math.max((long) Math.ceil(action.attnKeep() * visible - 1e-6), Math.min(7, visible));
        long kept = (long) Math.ceil(action.mlpKeep() * 10 - 1e-6);
        return new StepUsage(attended, visible, 0, 0, kept, 10, 0, 0, 0, 0);
    }

    static double nats(int token, Action action) {
        double spared = 1 - (action.attnKeep() + action.mlpKeep() + action.actBits() / 16.0) / 3;
        return DENSE_NATS + (token % 2 == 0 ? 1 : 10) * EASY * spared * spared;
    }

    @Override
    public List<TokenScore> score(int[] scoredLanes, int[] labels) {
        scored.add(labels.length);
        List<TokenScore> scores = new ArrayList<>();
        for (int lane : scoredLanes) {
            float nats = (float) nats(last[lane], actions[lane]);
            float entropy = (float) (Math.log(VOCABULARY) * last[lane] / VOCABULARY);
            scores.add(new TokenScore(-nats, entropy, 0, Float.NaN));
        }
        return scores;
    }

    /** Even tokens are. */
    @Override
    public boolean isLikeliest(int lane, int label) {
        return label % 2 == 0;
    }

    @Override
    public void hidden(int lane, float[] out) {
        Arrays.fill(out, last[lane]);
        out[0] = length[lane];
    }

    @Override
    public void embedding(int token, float[] out) {
        Arrays.fill(out, -token);
    }

    @Override
    public void cancel() {
        cancelled = true;
    }

    @Override
    public void close() {}

    /** Passages of random tokens. */
    static List<Passage> passages(int count, int length, int prefix) {
        return Passage.of(windows(count, length), prefix);
    }

    /** Windows of random tokens. */
    static List<int[]> windows(int count, int length) {
        java.util.Random random = new java.util.Random(3);
        List<int[]> windows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            windows.add(random.ints(length, 0, VOCABULARY).toArray());
        }
        return windows;
    }
}
