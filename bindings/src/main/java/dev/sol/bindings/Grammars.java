package dev.sol.bindings;

import dev.sol.bindings.gen.SolNative;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The grammars of sol.h. {@link Sol#sample} obeys them. */
public final class Grammars {
    private Grammars() {}

    /**
     * The GBNF of the JSON that matches a schema.
     *
     * @param schema JSON
     * @throws InvalidArgumentException if it is no JSON, or no schema, or there is no grammar that keeps all of it
     */
    public static String ofSchema(String schema) {
        NativeLibrary.load();
        return Texts.of((arena, out) -> SolNative.sol_schema_grammar(arena.allocateFrom(schema), out));
    }

    /**
     * Makes a grammar's state for one completion, which the caller frees with {@link #free} before the model.
     *
     * @param constraint JSON, as sol.h has it
     * @throws InvalidArgumentException if the grammar cannot be read
     */
    public static GrammarHandle create(ModelHandle model, String constraint) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment grammar = arena.allocate(SolNative.C_POINTER);
            Sol.check(SolNative.sol_grammar_create(model.address(), arena.allocateFrom(constraint), grammar));
            return new GrammarHandle(grammar.get(SolNative.C_POINTER, 0));
        }
    }

    /** To before the first token. */
    public static void reset(GrammarHandle grammar) {
        Sol.check(SolNative.sol_grammar_reset(grammar.address()));
    }

    /** Frees a grammar that no thread is using. */
    public static void free(GrammarHandle grammar) {
        SolNative.sol_grammar_free(grammar.address());
    }
}
