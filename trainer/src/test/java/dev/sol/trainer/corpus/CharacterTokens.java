package dev.sol.trainer.corpus;

/** Every character is a token; documents are separated by 0, and windows begin with given tokens, if any. */
final class CharacterTokens implements TextTokenizer {
    static final int SEPARATOR = 0;

    private final int[] beginning;

    CharacterTokens(int... beginning) {
        this.beginning = beginning;
    }

    @Override
    public int size() {
        return Character.MAX_VALUE + 1;
    }

    @Override
    public int[] encode(String text) {
        return text.chars().toArray();
    }

    @Override
    public int[] beginning() {
        return beginning.clone();
    }

    @Override
    public int[] separator() {
        return new int[] {SEPARATOR};
    }
}
