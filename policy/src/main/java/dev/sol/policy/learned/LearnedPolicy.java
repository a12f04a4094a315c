package dev.sol.policy.learned;

import dev.sol.policy.Action;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Budget;
import dev.sol.policy.ComputePolicy;
import dev.sol.policy.Observation;
import dev.sol.policy.PolicyContext;
import dev.sol.policy.PolicySession;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A policy from a file: its network gives the actions of each step logits, and a {@link BudgetController} chooses, so that the
 * budget is kept whatever the network wants. Position and memory of the network start again every T steps; what the budget is
 * owed carries on. Immutable and safe to share between sessions.
 */
public final class LearnedPolicy implements ComputePolicy {
    private static final String SUFFIX = ".safetensors";

    private final String name;
    private final PolicyFile file;
    private final PolicyNetwork network;
    private final Action[] actions; // by number
    private final boolean sampled;

    /** A policy that takes the likeliest actions. */
    public LearnedPolicy(String name, PolicyFile file) {
        this(
                name,
                file,
                new PolicyNetwork(file.weights()),
                actions(file.weights().spec().grid()),
                false);
    }

    private LearnedPolicy(String name, PolicyFile file, PolicyNetwork network, Action[] actions, boolean sampled) {
        this.name = name;
        this.file = file;
        this.network = network;
        this.actions = actions;
        this.sampled = sampled;
    }

    private static Action[] actions(ActionGrid grid) {
        Action[] actions = new Action[grid.size()];
        Arrays.setAll(actions, grid::action);
        return actions;
    }

    /**
     * Reads a policy; its name is the file's, without {@code .safetensors}.
     *
     * @throws PolicyFileException as {@link PolicyFile#read}
     */
    public static LearnedPolicy load(Path file) {
        String name = String.valueOf(file.getFileName());
        return new LearnedPolicy(
                name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name,
                PolicyFile.read(file));
    }

    /** This policy, but drawing actions by their likelihood, with the session's seed. */
    public LearnedPolicy sampled() {
        return new LearnedPolicy(name, file, network, actions, true);
    }

    public PolicyFile file() {
        return file;
    }

    /**
     * Checks that the policy is for this model.
     *
     * @param architecture as {@link PolicyFile.Model#architecture()}
     * @param tensors as {@link PolicyFile.Model#tensors()}
     * @throws PolicyFileException if it is not
     */
    public void requireModel(String architecture, String tensors) {
        try {
            file.header().requireModel(architecture, tensors);
        } catch (PolicyFileException e) {
            throw new PolicyFileException("policy %s: %s".formatted(name, e.getMessage()), e);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ActionGrid grid() {
        return network.spec().grid();
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
        return network.spec().entropy();
    }

    /** On the file's split, between neighbours on the line that joins them; beyond it, or without one, as every policy does. */
    @Override
    public Budget resolve(double net) {
        List<Budget> split = file.header().split();
        for (int i = 1; i < split.size(); i++) {
            Budget below = split.get(i - 1);
            Budget above = split.get(i);
            if (net >= below.net() && net <= above.net()) {
                double share = (net - below.net()) / (above.net() - below.net());
                return new Budget(
                        between(below.attn(), above.attn(), share),
                        between(below.mlp(), above.mlp(), share),
                        between(below.bits(), above.bits(), share));
            }
        }
        return ComputePolicy.super.resolve(net);
    }

    private static double between(double below, double above, double share) {
        return below + share * (above - below);
    }

    /** @throws IllegalArgumentException if the context has another grid than the policy's */
    @Override
    public PolicySession start(PolicyContext context) {
        if (!context.grid().equals(grid())) {
            throw new IllegalArgumentException("the policy %s has a grid of its own".formatted(name));
        }
        return new Session(context);
    }

    /** One generation. */
    private final class Session implements PolicySession {
        private final PolicyNetwork.Lanes lanes = network.lanes(1);
        private final BudgetController controller;
        private final int[] lane = {0};
        private final int[] previous = new int[1];
        private final float[] features = new float[network.spec().features()];
        private final float[] logits = new float[network.spec().logits()];

        private Session(PolicyContext context) {
            PolicySpec spec = network.spec();
            this.controller = sampled
                    ? BudgetController.sampled(spec, context.target(), context.seed())
                    : BudgetController.greedy(spec, context.target());
        }

        @Override
        public Action next(Observation observation) {
            PolicyFeatures.write(network.spec(), observation, lanes.position(0), features, 0);
            // An episode starts as in training: without a previous action.
            previous[0] = lanes.position(0) == 0 ? -1 : observation.previousAction();
            network.forward(lanes, lane, 1, features, previous, logits);
            return actions[controller.choose(logits, 0, observation.tracker(), observation.remaining())];
        }
    }
}
