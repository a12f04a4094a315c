package dev.sol.trainer.train;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.Budget;
import dev.sol.policy.learned.PolicyFile;
import dev.sol.trainer.grpo.ToyRollouts;
import dev.sol.trainer.grpo.Validation;
import dev.sol.trainer.rollout.EpisodeTexts;
import dev.sol.trainer.rollout.Rollouts;
import java.util.List;

/** The toy world in place of a model. */
final class ToyEnvironment implements Environment {
    private final ToyRollouts rollouts = new ToyRollouts();
    private final String name;

    ToyEnvironment(String name) {
        this.name = name;
    }

    /** A configuration for it, with checkpoints after every update. */
    static ObjectNode config(int updates) {
        ObjectNode config = ConfigFile.defaults();
        ObjectNode grid = config.withObject("/grid");
        grid.putArray("attn").add(1);
        grid.putArray("mlp").add(.2).add(.4).add(.6).add(.8).add(1);
        grid.putArray("bits").add(16);
        config.put("horizon", 8)
                .put("context", 20)
                .put("inputs", 2)
                .put("schedules", 4)
                .put("width", 8)
                .put("heads", 2)
                .put("action_embedding", 2)
                .put("passes", 2)
                .put("learning_rate", .003)
                .put("average", .9)
                .put("updates", updates)
                .put("checkpoint_minutes", 0);
        config.putArray("prefix").add(1).add(4);
        config.withObject("/validation").put("every", 4);
        return config;
    }

    @Override
    public int embedding() {
        return ToyRollouts.EMBEDDING;
    }

    @Override
    public PolicyFile.Model model() {
        return new PolicyFile.Model("toy", "00", name);
    }

    @Override
    public ObjectNode identity() {
        ObjectNode identity = JsonNodeFactory.instance.objectNode();
        identity.putObject("model").put("name", name);
        return identity;
    }

    @Override
    public EpisodeTexts texts() {
        return (_, length) -> new int[length];
    }

    @Override
    public Rollouts rollouts() {
        return rollouts;
    }

    /** Any number that the weights decide: what is the best of a run depends on all of it. */
    @Override
    public Validation validation() {
        return weights -> Math.sin(1000 * weights.tensor("head.bias")[0]);
    }

    @Override
    public List<Budget> split() {
        return List.of(new Budget(1, .4, 16), new Budget(1, .8, 16));
    }

    @Override
    public void cancel() {
        rollouts.cancel();
    }

    @Override
    public void close() {
        rollouts.close();
    }
}
