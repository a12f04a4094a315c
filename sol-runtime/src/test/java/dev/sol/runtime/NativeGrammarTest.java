package dev.sol.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Text of a random model that obeys grammars and biases all the same. */
@Tag("native")
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NativeGrammarTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String SCHEMA = """
            {"type": "object", "required": ["name", "age"], "additionalProperties": false,
             "properties": {"name": {"enum": ["Zoë", "Bo"]}, "age": {"type": "integer", "minimum": 0, "maximum": 120}}}
            """;

    private Path file;
    private Model model;
    private InferenceContext context;

    @BeforeAll
    void open(@TempDir Path folder) throws IOException {
        file = TinyModels.write(folder, "qwen3", "F32");
        model = Model.load(file, ModelOptions.DEFAULT);
        context = model.newContext(ContextOptions.DEFAULT.withThreads(1));
    }

    @AfterAll
    void close() {
        context.close();
        model.close();
    }

    private static SamplingOptions hot(int seed) {
        return new SamplingOptions(5, 0, 1, 0, 1, 0, 0, 0, SamplingOptions.DEFAULT.seed()).withSeed(seed);
    }

    /** What the model writes, and an empty text if it does not come to an end. */
    private String write(SamplingOptions options) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        context.clear();
        int token = 70;
        try (Sampler sampler = new Sampler(model, options, false, 512)) {
            for (int i = 0; i < 300; i++) {
                context.batch().clear();
                context.batch().add(token, i, 0, true);
                context.decode();
                token = context.sample(sampler, 0);
                if (model.tokenizer().isEndOfGeneration(token)) {
                    return text.toString(StandardCharsets.UTF_8);
                }
                text.writeBytes(model.tokenizer().bytes(token));
            }
        }
        return "";
    }

    @Test
    void textMatchesTheSchema() throws IOException {
        Grammar grammar = Grammar.jsonSchema(MAPPER.readTree(SCHEMA));
        int ended = 0;
        for (int seed = 0; seed < 10; seed++) {
            String text = write(hot(seed).withGrammar(grammar));
            if (!text.isEmpty()) {
                JsonNode json = MAPPER.readTree(text);
                assertThat(json.size()).as(text).isEqualTo(2);
                assertThat(json.path("name").asText()).isIn("Zoë", "Bo");
                assertThat(json.path("age").isInt()).isTrue();
                assertThat(json.path("age").asInt()).isBetween(0, 120);
                ended++;
            }
        }
        assertThat(ended).isGreaterThan(5);
    }

    @Test
    void anyObjectIsAnObject() throws IOException {
        int ended = 0;
        for (int seed = 0; seed < 10; seed++) {
            String text = write(hot(seed).withGrammar(Grammar.jsonObject()));
            if (!text.isEmpty()) {
                assertThat(MAPPER.readTree(text).isObject()).as(text).isTrue();
                ended++;
            }
        }
        assertThat(ended).isPositive();
    }

    @Test
    void theGreedyChoiceIsTheBestThatFits() {
        Grammar digits = Grammar.gbnf("root ::= [0-9]{3}");
        assertThat(write(SamplingOptions.GREEDY.withGrammar(digits))).matches("[0-9]{3}");
    }

    @Test
    void aForbiddenTokenNeverComes() {
        context.clear();
        context.batch().clear();
        context.batch().add(70, 0, 0, true);
        context.decode();
        Map<Integer, Double> bias = new TreeMap<>();
        for (int round = 0; round < 20; round++) {
            try (Sampler sampler = new Sampler(model, SamplingOptions.GREEDY.withLogitBias(bias), false, 512)) {
                assertThat(bias.put(context.sample(sampler, 0), Double.NEGATIVE_INFINITY))
                        .isNull();
            }
        }
        try (Sampler sampler = new Sampler(model, hot(1).withLogitBias(bias), false, 512)) {
            for (int i = 0; i < 2000; i++) {
                assertThat(bias).doesNotContainKey(context.sample(sampler, 0));
            }
        }
        int wanted = bias.keySet().iterator().next();
        try (Sampler sampler = new Sampler(model, hot(1).withLogitBias(Map.of(wanted, 100.0)), false, 512)) {
            assertThat(context.sample(sampler, 0)).isEqualTo(wanted);
        }
    }

    @Test
    void whatLeavesNoTokenIsRefused() {
        context.clear();
        context.batch().clear();
        context.batch().add(70, 0, 0, true);
        context.decode();
        Map<Integer, Double> all = new TreeMap<>();
        for (int token = 0; token < model.tokenizer().size(); token++) {
            all.put(token, Double.NEGATIVE_INFINITY);
        }
        try (Sampler sampler = new Sampler(model, hot(1).withLogitBias(all), false, 512)) {
            assertThatThrownBy(() -> context.sample(sampler, 0))
                    .asInstanceOf(type(RequestException.class))
                    .extracting(RequestException::param)
                    .isEqualTo("logit_bias");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "root ::= \"a", "root ::= x", "start ::= \"a\"", "root ::= root", "\0", "root ::= \"\uD800"})
    void aWrongGrammarIsRefused(String gbnf) {
        SamplingOptions options = SamplingOptions.GREEDY.withGrammar(Grammar.gbnf(gbnf));
        assertThatThrownBy(() -> new Sampler(model, options, false, 512).close())
                .asInstanceOf(type(RequestException.class))
                .satisfies(e -> assertThat(e.param()).isEqualTo("grammar"))
                .satisfies(e -> assertThat(e).hasMessageStartingWith("grammar: "));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "7",
                "{\"type\": \"cat\"}",
                "{\"type\": \"string\", \"pattern\": \"^(?=a)$\"}",
                "{\"$ref\": \"#/a\"}"
            })
    void aWrongSchemaIsRefused(String schema) {
        assertThatThrownBy(() -> Grammar.jsonSchema(MAPPER.readTree(schema)))
                .asInstanceOf(type(RequestException.class))
                .extracting(RequestException::param)
                .isEqualTo("response_format");
    }

    @Test
    void aBiasForATokenThatDoesNotExistIsRefused() {
        for (int token : new int[] {-1, model.tokenizer().size()}) {
            SamplingOptions options = SamplingOptions.GREEDY.withLogitBias(Map.of(token, 1.0));
            assertThatThrownBy(() -> new Sampler(model, options, false, 512).close())
                    .asInstanceOf(type(RequestException.class))
                    .satisfies(e -> assertThat(e.param()).isEqualTo("logit_bias"))
                    .satisfies(e -> assertThat(e).hasMessageContaining("token " + token));
        }
    }

    @Test
    void aGrammarOutlivesItsModel() {
        Sampler sampler;
        try (Model own = Model.load(file, ModelOptions.DEFAULT)) {
            sampler = new Sampler(own, SamplingOptions.GREEDY.withGrammar(Grammar.gbnf("root ::= \"ab\"")), false, 512);
        }
        context.clear();
        context.batch().clear();
        context.batch().add(70, 0, 0, true);
        context.decode();
        try (sampler) {
            int first = context.sample(sampler, 0);
            assertThat(model.tokenizer().decode(first)).isIn("a", "ab");
            sampler.reset();
            assertThat(context.sample(sampler, 0)).isEqualTo(first);
        }
        assertThatThrownBy(() -> context.sample(sampler, 0)).isInstanceOf(ClosedException.class);
    }

    @Test
    void piecesSayWhatEachTokenStandsFor() {
        Tokenizer tokenizer = model.tokenizer();
        int[] tokens = tokenizer.encode("a🙂<|endoftext|>", false, true);
        assertThat(tokenizer.decode(true, tokens)).isEqualTo("a🙂<|endoftext|>");
        assertThat(tokenizer.decode(false, tokens)).isEqualTo("a🙂");
        assertThat(tokenizer.pieces(true, tokens)).hasSize(tokens.length);
        assertThat(tokenizer.pieces(true, tokens).getFirst().text()).contains("a");
        assertThat(tokenizer.pieces(true, tokens).getLast().text()).contains("<|endoftext|>");
        assertThat(tokenizer.pieces(true, tokens))
                .anySatisfy(piece -> assertThat(piece.text()).isEmpty())
                .allSatisfy(piece -> assertThat(piece.bytes()).isNotEmpty());
        assertThatThrownBy(() -> tokenizer.pieces(true, -1)).isInstanceOf(IllegalArgumentException.class);
    }
}
