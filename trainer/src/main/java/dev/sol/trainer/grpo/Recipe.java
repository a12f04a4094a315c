package dev.sol.trainer.grpo;

/**
 * How a policy is trained.
 *
 * @param episodes what it is tried on
 * @param inputs B, work items of an update
 * @param schedules K, on each of them
 * @param advantages what is made of their rewards
 * @param objective what is maximised
 * @param optimiser how
 * @param gradientNorm the largest norm of a gradient; larger ones are scaled down
 * @param passes over the schedules of an update, at least 1; from the second on the clip has an effect
 * @param average of the weights
 * @param validateEvery so many updates
 */
public record Recipe(
        EpisodePlan episodes,
        int inputs,
        int schedules,
        Advantages advantages,
        Objective objective,
        AdamW optimiser,
        double gradientNorm,
        int passes,
        WeightAverage average,
        int validateEvery) {}
