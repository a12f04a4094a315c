package dev.sol.trainer.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.Budget;
import dev.sol.policy.learned.PolicyFile;
import dev.sol.trainer.grpo.Validation;
import dev.sol.trainer.rollout.EpisodeTexts;
import dev.sol.trainer.rollout.Rollouts;
import java.util.List;

/** What a policy is trained for and on: a model and texts, or what a test puts in their place. One thread, but for {@link #cancel}. */
interface Environment extends AutoCloseable {
    /** The model's n_embd. */
    int embedding();

    /** The model, for the policy file. */
    PolicyFile.Model model();

    /** What decides rollouts and texts beside the configuration, as JSON: a run is only resumed with the same. */
    ObjectNode identity();

    EpisodeTexts texts();

    Rollouts rollouts();

    /** Asked for once. */
    Validation validation();

    /**
     * The best static targets that were found, by ascending net; may be empty.
     *
     * @throws java.util.concurrent.CancellationException if it was ended
     */
    List<Budget> split();

    /** Ends what runs, and all later calls, by a {@link java.util.concurrent.CancellationException}. Any thread. */
    void cancel();

    @Override
    void close();
}
