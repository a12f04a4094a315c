package dev.sol.runtime.chat;

/** Where the thoughts of a model that thinks aloud go. */
public enum ReasoningFormat {
    /** They stay in the content, with their tags. */
    NONE("none"),
    /** Apart from the content, as OpenAI's {@code reasoning_content}. */
    SEPARATE("deepseek");

    private final String code;

    ReasoningFormat(String code) {
        this.code = code;
    }

    /** llama.cpp's name. */
    String code() {
        return code;
    }
}
