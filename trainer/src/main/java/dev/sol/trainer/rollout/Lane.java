package dev.sol.trainer.rollout;

import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Observation;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.runtime.InferenceContext;
import dev.sol.runtime.KnobReach;
import dev.sol.runtime.ObservedState;
import dev.sol.runtime.PolicyRun;

/** One schedule of an item, as a sequence of the context. Its state is that after the token decoded last. */
final class Lane implements ObservedState {
    private final InferenceContext context;
    private final Prefix prefix;
    private final int schedule;
    private final PolicyRun run;
    private final double logVocabulary;
    private float[] embedding = {};
    private int output = -1; // in the last batch; none before the first step
    private float entropy;
    private int previous = -1;

    Lane(InferenceContext context, Prefix prefix, int schedule, ComputePolicy policy, KnobReach reach) {
        this.context = context;
        this.prefix = prefix;
        this.schedule = schedule;
        this.entropy = prefix.entropy();
        this.logVocabulary = Math.log(context.vocabularySize());
        WorkItem item = prefix.item();
        this.run = new PolicyRun(policy, item.target(), item.steps(), context.embeddingLength(), reach, item.seed());
        Budget start = item.startMean();
        if (start != null) {
            run.bookEarlier(start, item.startSteps());
        }
    }

    Prefix prefix() {
        return prefix;
    }

    int schedule() {
        return schedule;
    }

    PolicyRun run() {
        return run;
    }

    /** Number on the grid of the previous effective step's action; −1 before the first. */
    int previous() {
        return previous;
    }

    /** What the policy sees of an effective step. */
    Observation observe(int step, float[] tokenEmbedding) {
        embedding = tokenEmbedding;
        return run.observe(step, token(step), this);
    }

    /** The token that the step decodes. */
    int token(int step) {
        return prefix.item().tokens()[position(step)];
    }

    /** The token that it is scored on. */
    int label(int step) {
        return prefix.item().tokens()[position(step) + 1];
    }

    int position(int step) {
        return prefix.item().prefix() + step;
    }

    /**
     * A step was decoded.
     *
     * @param index of its token in the batch
     * @param nats the entropy after it
     * @param action its number; −1: none was chosen
     */
    void decoded(int index, float nats, int action) {
        output = index;
        entropy = nats;
        previous = action < 0 ? previous : action;
    }

    @Override
    public void hidden(float[] out) {
        if (output < 0) {
            System.arraycopy(prefix.hidden(), 0, out, 0, out.length);
        } else {
            context.hidden(output, out);
        }
    }

    @Override
    public void embedding(int token, float[] out) {
        System.arraycopy(embedding, 0, out, 0, out.length);
    }

    @Override
    public double entropy() {
        return entropy / logVocabulary;
    }

    /** What makes a run fill in all that the network reads. It is never asked to choose. */
    static ComputePolicy observer(PolicySpec spec) {
        return new ComputePolicy() {
            @Override
            public String name() {
                return "observer";
            }

            @Override
            public ActionGrid grid() {
                return spec.grid();
            }

            @Override
            public boolean needsHidden() {
                return true;
            }

            @Override
            public boolean needsEmbedding() {
                return true;
            }

            @Override
            public boolean needsEntropy() {
                return spec.entropy();
            }

            @Override
            public PolicySession start(PolicyContext unused) {
                return _ -> {
                    throw new IllegalStateException("the rollout chooses by itself");
                };
            }
        };
    }
}
