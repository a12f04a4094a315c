package dev.sol.trainer.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.Budget;
import dev.sol.policy.learned.PolicySpec;
import dev.sol.runtime.AttentionCriterion;
import dev.sol.runtime.DroppedPages;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.MlpCriterion;
import dev.sol.runtime.RequestException;
import dev.sol.trainer.grpo.AdamW;
import dev.sol.trainer.grpo.Advantages;
import dev.sol.trainer.grpo.EpisodePlan;
import dev.sol.trainer.grpo.Objective;
import dev.sol.trainer.grpo.Penalties;
import dev.sol.trainer.grpo.PerAxis;
import dev.sol.trainer.grpo.Recipe;
import dev.sol.trainer.grpo.Returns;
import dev.sol.trainer.grpo.WeightAverage;
import dev.sol.trainer.rollout.Reward;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A configuration that was read and makes sense.
 *
 * @param json all keys and their values
 * @param context tokens of the windows that the model runs
 * @param recipe how the policy is trained
 * @param updates how often
 * @param network what the policy looks like; its embedding is the model's, and not known here
 * @param knobs what the knobs mean
 * @param reward what a step is rewarded for
 * @param validationWindows inputs of the validation set; 0: no validation
 * @param checkpointEvery so much time
 */
public record TrainConfig(
        ObjectNode json,
        int context,
        Recipe recipe,
        int updates,
        Network network,
        KnobOptions knobs,
        Reward reward,
        int validationWindows,
        Duration checkpointEvery) {
    private static final int MOST = 1 << 20;
    private static final double SECONDS_PER_MINUTE = 60;

    /** The sizes of the network, as in {@link PolicySpec}. */
    public record Network(
            int width,
            int heads,
            int horizon,
            int actionEmbedding,
            boolean entropy,
            double priorWidth,
            ActionGrid grid) {
        /**
         * The shape of the policy for a model.
         *
         * @param embedding the model's n_embd
         */
        public PolicySpec spec(int embedding) {
            return new PolicySpec(embedding, width, heads, horizon, actionEmbedding, entropy, priorWidth, grid);
        }
    }

    /**
     * Reads a configuration.
     *
     * @param json with all keys; copied
     * @throws RequestException if a value does not fit
     */
    public static TrainConfig of(ObjectNode json) {
        Values values = new Values(json);
        ActionGrid grid = checked("grid", () -> grid(values.object("grid")));
        int horizon = values.integer("horizon", 1, 4096);
        int context = values.integer("context", 3, MOST);
        int[] prefix = values.integers("prefix");
        if (prefix.length != 2 || prefix[0] < 1 || prefix[1] < prefix[0] || prefix[1] + horizon + 1 > context) {
            throw Values.invalid(
                    "prefix",
                    "must be two lengths, the shortest and the longest, that fit with a horizon of %d and one more token into a context of %d, but is %s"
                            .formatted(horizon, context, json.path("prefix")));
        }
        Values targets = values.object("targets");
        EpisodePlan episodes = new EpisodePlan(
                values.longInteger("seed"),
                horizon,
                prefix[0],
                prefix[1],
                grid,
                budget(axis -> range(targets, axis, grid)[0]),
                budget(axis -> range(targets, axis, grid)[1]),
                values.number("start_share", 0, 1),
                values.number("start_deviation", 0, 1));
        Values validation = values.object("validation");
        Recipe recipe = new Recipe(
                episodes,
                values.integer("inputs", 1, MOST),
                values.integer("schedules", 2, MOST),
                new Advantages(
                        values.oneOf("level", Advantages.Level.class),
                        values.oneOf("norm", Advantages.Norm.class),
                        values.flag("whiten"),
                        new Returns(values.number("gamma", 0, 1), values.number("cost_weight", 0, Double.MAX_VALUE)),
                        new Penalties(perAxis(values, "alpha"), perAxis(values, "tolerance")),
                        values.flag("prices")),
                new Objective(
                        values.positive("clip", 1),
                        values.number("entropy", 0, Double.MAX_VALUE),
                        values.positive("temperature", Double.MAX_VALUE)),
                new AdamW(values.positive("learning_rate", 1), values.number("weight_decay", 0, Double.MAX_VALUE)),
                values.positive("gradient_norm", Double.MAX_VALUE),
                values.integer("passes", 1, MOST),
                checked("average", () -> new WeightAverage(values.number("average", 0, 1))),
                validation.integer("every", 1, MOST));
        Network network = new Network(
                values.integer("width", 1, 1 << 14),
                values.integer("heads", 1, 1 << 14),
                horizon,
                values.integer("action_embedding", 1, 1 << 12),
                values.flag("observe_entropy"),
                values.positive("prior_width", Double.MAX_VALUE),
                grid);
        checked("width", () -> network.spec(1));
        return new TrainConfig(
                json.deepCopy(),
                context,
                recipe,
                values.integer("updates", 1, Integer.MAX_VALUE),
                network,
                knobs(values),
                values.oneOf("reward", Reward.class),
                validation.integer("windows", 0, MOST),
                Duration.ofMillis((long) (1000 * SECONDS_PER_MINUTE * values.number("checkpoint_minutes", 0, 1e6))));
    }

    /** What decides the policy: all keys but the ones that only say how long a run goes on, and how it is kept. */
    ObjectNode identity() {
        ObjectNode identity = json.deepCopy();
        identity.remove("updates");
        identity.remove("checkpoint_minutes");
        return identity;
    }

    private static ActionGrid grid(Values values) {
        return new ActionGrid(values.numbers("attn"), values.numbers("mlp"), values.integers("bits"));
    }

    private static KnobOptions knobs(Values values) {
        KnobOptions options = KnobOptions.DEFAULT
                .withAttention(values.oneOf("criterion", AttentionCriterion.class))
                .withPage(values.integer("page", 1, KnobOptions.MAX_PAGE))
                .withMlp(values.oneOf("mlp_criterion", MlpCriterion.class))
                .withGroup(values.integer("group", 1, 32));
        return values.flag("tail") ? options.withDropped(DroppedPages.TAIL) : options;
    }

    private static double[] range(Values targets, Axis axis, ActionGrid grid) {
        double[] whole = {grid.minimum(axis), grid.maximum(axis)};
        if (targets.isNull(axis.key())) {
            return whole;
        }
        double[] range = targets.numbers(axis.key());
        if (range.length != 2 || range[0] > range[1] || range[0] < whole[0] || range[1] > whole[1]) {
            throw Values.invalid(
                    "targets." + axis.key(),
                    "must be the lowest and the highest target, within the grid's %s…%s".formatted(whole[0], whole[1]));
        }
        return range;
    }

    private static Budget budget(Function<Axis, Double> values) {
        return new Budget(values.apply(Axis.ATTN), values.apply(Axis.MLP), values.apply(Axis.BITS));
    }

    private static PerAxis perAxis(Values values, String key) {
        double[] numbers = values.numbers(key);
        if (numbers.length != Axis.values().length || numbers[0] < 0 || numbers[1] < 0 || numbers[2] < 0) {
            throw Values.invalid(key, "must be three numbers of at least 0: for attn, mlp and bits");
        }
        return new PerAxis(numbers[0], numbers[1], numbers[2]);
    }

    /** Says which key it was that something else refuses. */
    private static <T> T checked(String key, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw Values.invalid(key, "cannot be used: " + e.getMessage());
        }
    }
}
