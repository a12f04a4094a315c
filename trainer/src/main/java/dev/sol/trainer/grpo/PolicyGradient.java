package dev.sol.trainer.grpo;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.sol.policy.Axis;
import dev.sol.policy.learned.PolicySpec;
import java.util.SortedMap;

/** The loss of a batch and its gradient, by libtorch. One thread. */
final class PolicyGradient implements AutoCloseable {
    private static final int LOGITS = 2;

    private final PolicySpec spec;
    private final Objective objective;
    private final Engine engine;
    private final NDManager manager;

    PolicyGradient(PolicySpec spec, Objective objective) {
        this.spec = spec;
        this.objective = objective;
        this.engine = Torch.engine();
        this.manager = Torch.newManager();
    }

    /**
     * What a batch says.
     *
     * @param loss what is to become smaller: −(surrogate + weight·entropy)
     * @param surrogate mean of min(r·A, clip(r)·A)
     * @param entropy mean, in nats, summed over the axes where each has a head
     * @param clipped share of the steps at which the clip took the gradient away
     * @param divergence mean of log(old probability ÷ new): how far the policy has moved from the one that drew the actions, in nats
     * @param gradients of the loss, by tensor
     */
    record Result(
            double loss,
            double surrogate,
            double entropy,
            double clipped,
            double divergence,
            SortedMap<String, float[]> gradients) {}

    /** Logits of every position, [N·T·L], padding included. */
    float[] logits(SortedMap<String, float[]> weights, EpisodeBatch batch) {
        try (NDManager scratch = manager.newSubManager()) {
            return new TorchNetwork(spec, weights, scratch, false)
                    .logits(batch, scratch)
                    .toFloatArray();
        }
    }

    /** @throws IllegalArgumentException if the batch has no effective step */
    Result of(SortedMap<String, float[]> weights, EpisodeBatch batch) {
        if (batch.steps() == 0) {
            throw new IllegalArgumentException("no step of the batch is effective");
        }
        try (NDManager scratch = manager.newSubManager()) {
            TorchNetwork network = new TorchNetwork(spec, weights, scratch, true);
            try (GradientCollector collector = engine.newGradientCollector()) {
                return differentiate(network, batch, scratch, collector);
            }
        }
    }

    private Result differentiate(
            TorchNetwork network, EpisodeBatch batch, NDManager scratch, GradientCollector collector) {
        Shape positions = new Shape(batch.sequences(), spec.horizon());
        NDArray present = scratch.create(batch.present, positions);
        NDArray advantages = scratch.create(batch.advantages, positions);
        NDArray old = scratch.create(batch.oldLogProbability, positions);
        NDArray actions = scratch.create(batch.actions, positions.add(spec.logits()));

        NDArray logProbabilities = logProbabilities(network.logits(batch, scratch));
        NDArray chosen = logProbabilities.mul(actions).sum(new int[] {LOGITS});
        // In padding nothing was chosen: 0 − 0.
        NDArray moved = chosen.sub(old);
        NDArray ratio = moved.exp();
        NDArray free = ratio.mul(advantages);
        NDArray bounded = ratio.clip((float) (1 - objective.clip()), (float) (1 + objective.clip()))
                .mul(advantages);
        NDArray surrogate = NDArrays.minimum(free, bounded).mul(present).sum().div(batch.steps());
        NDArray entropy = logProbabilities
                .exp()
                .mul(logProbabilities)
                .sum(new int[] {LOGITS})
                .mul(present)
                .sum()
                .div(-batch.steps());
        NDArray loss = surrogate.add(entropy.mul((float) objective.entropy())).neg();
        collector.backward(loss);
        return new Result(
                loss.getFloat(),
                surrogate.getFloat(),
                entropy.getFloat(),
                clipped(ratio.toFloatArray(), batch),
                -moved.mul(present).sum().getFloat() / batch.steps(),
                network.gradients());
    }

    /** Of the actions, or of each axis' values, at the temperature: [N, T, L]. */
    private NDArray logProbabilities(NDArray logits) {
        NDArray scaled = logits.div((float) objective.temperature());
        if (spec.joint()) {
            return scaled.logSoftmax(LOGITS);
        }
        NDList parts = new NDList();
        for (NDArray axis :
                scaled.split(new long[] {spec.logitOffset(Axis.MLP), spec.logitOffset(Axis.BITS)}, LOGITS)) {
            parts.add(axis.logSoftmax(LOGITS));
        }
        return NDArrays.concat(parts, LOGITS);
    }

    private double clipped(float[] ratios, EpisodeBatch batch) {
        int count = 0;
        for (int i = 0; i < ratios.length; i++) {
            boolean better = batch.advantages[i] > 0 && ratios[i] > 1 + objective.clip();
            boolean worse = batch.advantages[i] < 0 && ratios[i] < 1 - objective.clip();
            if (better || worse) {
                count++;
            }
        }
        return (double) count / batch.steps();
    }

    @Override
    public void close() {
        manager.close();
    }
}
