package dev.sol.trainer.rollout;

/**
 * Where the text of episodes comes from: an endless sequence that is the same whenever it is read, and can be read from any
 * place. A run that is resumed therefore needs no more than a number. One thread.
 */
@FunctionalInterface
public interface EpisodeTexts {
    /**
     * The text of one episode.
     *
     * @param id from 0
     * @param length tokens, at least 3
     * @return so many consecutive tokens, with what the model expects before a text; of one document, or of several short ones in
     *     a row
     */
    int[] tokens(long id, int length);
}
