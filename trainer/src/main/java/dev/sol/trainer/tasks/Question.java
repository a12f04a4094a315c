package dev.sol.trainer.tasks;

/**
 * One answer of an item as tokens.
 *
 * @param item the number of it
 * @param choice the number of the answer
 * @param tokens context and answer
 * @param scored how many tokens at the end are the answer's
 * @param bytes of the answer's text, without the space before it
 */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere, changed nowhere
public record Question(int item, int choice, int[] tokens, int scored, int bytes) {}
