package dev.sol.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.policy.Policies;
import dev.sol.runtime.AttentionChoice;
import dev.sol.runtime.AttentionCriterion;
import dev.sol.runtime.BitsSite;
import dev.sol.runtime.ContextOptions;
import dev.sol.runtime.DroppedPages;
import dev.sol.runtime.Execution;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.KvType;
import dev.sol.runtime.MlpCriterion;
import dev.sol.runtime.MlpGate;
import dev.sol.runtime.RequestException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code sol generate} refuses before it needs a model. */
class GenerateArgumentsTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Command.run(new GenerateCommand(), new PrintWriter(out), new PrintWriter(err), arguments);
    }

    /** arguments (by spaces) | a part of the message */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            --max-tokens 5                          | --prompt
            --prompt x --max-tokens five            | --max-tokens
            --prompt x --max-tokens 0               | max_tokens must be at least 1
            --prompt x --temperature -1             | temperature must be from 0 to 100
            --prompt x --temperature NaN            | temperature must be from 0 to 100, not NaN
            --prompt x --top-p 2                    | top_p must be from 0 to 1
            --prompt x --top-k -1                   | top_k must be at least 0
            --prompt x --seed 99999999999           | seed must be from 0 to 4294967294
            --prompt x --budget ms=fast             | --budget is not valid JSON
            --prompt x --budget ms=-3               | budget.ms_per_token must be more than 0, not -3.0
            --prompt x --budget half                | --budget is not valid JSON
            --prompt x --budget NaN                 | budget must be between 0.1167 (the minimum) and 1, but is NaN
            --prompt x --budget .01                 | 0.1167 (the minimum)
            --prompt x --budget {"attn":2}          | budget.attn must be between
            --prompt x --budget [1]                 | budget must be a number or an object
            --prompt x --policy magic               | dense, uniform, random, entropy, drift
            --prompt x --unknown                    | Unknown option
            --prompt x --attn-criterion best        | --attn-criterion has no 'best'; there are: recency, quest, mean
            --prompt x --attn-choice head           | kv, query, shared
            --prompt x --attn-dropped all           | none, tail
            --prompt x --attn-dropped tail          | recency has none: use quest or mean
            --prompt x --mlp-criterion neuron:7     | neuron, neuron:1, neuron:8, neuron:32, channel
            --prompt x --mlp-criterion channel:8    | neuron, neuron:1, neuron:8, neuron:32, channel
            --prompt x --bits-site middle           | output, input
            --prompt x --execution fast             | --execution has no 'fast'; there are: skip, reference
            --prompt x --kv-type q4_0               | --kv-type has no 'q4_0'; there are: f16, q8_0
            --prompt x --page 0                     | page must be at least 1
            --prompt x --attn-page 2000             | page must be at most 1024
            --prompt x --attn-sinks -1              | sinks must be at least 0
            --prompt x --attn-window -1             | window must be at least 0
            --prompt x --n-gpu-layers -2            | n_gpu_layers must be -1
            --prompt x --threads -1                 | threads must be from 0
            --prompt x --threads 100000             | threads must be from 0
            --prompt x --ctx -5                     | ctx must be at least 0
            --prompt x --n-gpu-layers -2            | n_gpu_layers must be -1
            """)
    void wrongArguments(String arguments, String message) {
        int code = run(arguments.split(" "));

        assertThat(code).isEqualTo(2);
        assertThat(err.toString()).startsWith("generate: ").contains(message).doesNotContain("\tat ");
        assertThat(err.toString().lines().filter(line -> !line.startsWith("Try: ")))
                .hasSize(1);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void help() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString())
                .contains("--prompt", "--max-tokens", "--budget", "--policy", "--json", "--model", "--threads", "--ctx")
                .contains("--attn-criterion", "--attn-page", "--attn-sinks", "--attn-window", "--attn-choice")
                .contains(Policies.names())
                .contains(
                        "--attn-dropped",
                        "--mlp-criterion",
                        "--bits-site",
                        "--calibrate",
                        "--execution",
                        "--kv-type",
                        "--predictor",
                        "--no-skip-mlp",
                        "--temperature",
                        "--seed");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void version() {
        assertThat(run("--version")).isZero();
        assertThat(out.toString()).startsWith("SOL for Java");
    }

    @Test
    void theModelIdIsTheNameOfTheFile() {
        EngineOptions options = new EngineOptions();
        assertThat(options.modelId()).isEqualTo("sol-tiny-f16");

        new picocli.CommandLine(new Holder(options)).parseArgs("--model", "/models/Qwen3-0.6B.gguf");
        assertThat(options.modelId()).isEqualTo("Qwen3-0.6B");
    }

    @Test
    void optionsOfTheKnobs() {
        assertThat(parsed().contextOptions().knobs()).isEqualTo(KnobOptions.DEFAULT);
        assertThat(parsed(
                                "--attn-criterion=mean",
                                "--attn-sinks=1",
                                "--attn-window=0",
                                "--attn-page=8",
                                "--attn-choice=query",
                                "--attn-dropped=tail",
                                "--mlp-criterion=channel",
                                "--bits-site=input")
                        .contextOptions()
                        .knobs())
                .isEqualTo(new KnobOptions(
                        AttentionCriterion.MEAN,
                        1,
                        0,
                        8,
                        AttentionChoice.PER_QUERY_HEAD,
                        DroppedPages.TAIL,
                        MlpCriterion.CHANNEL,
                        8,
                        MlpGate.EXACT,
                        BitsSite.INPUT));
        KnobOptions others = parsed(
                        "--attn-criterion=quest", "--page=4", "--attn-choice=shared", "--mlp-criterion=neuron:1")
                .contextOptions()
                .knobs();
        assertThat(others)
                .isEqualTo(KnobOptions.DEFAULT
                        .withAttention(AttentionCriterion.QUEST)
                        .withPage(4)
                        .withChoice(AttentionChoice.SHARED)
                        .withGroup(1));
    }

    @Test
    void optionsOfTheExecution() {
        ContextOptions usual = parsed().contextOptions();
        assertThat(usual.execution()).isEqualTo(Execution.SKIP);
        assertThat(usual.skipMlp()).isTrue();
        assertThat(usual.kvType()).isEqualTo(KvType.F16);
        assertThat(usual.knobs().gate()).isEqualTo(MlpGate.EXACT);

        ContextOptions others = parsed(
                        "--execution=reference", "--no-skip-mlp", "--kv-type=q8_0", "--predictor=gates.gguf")
                .contextOptions();
        assertThat(others)
                .isEqualTo(ContextOptions.DEFAULT
                        .withMaxSequences(4)
                        .withSkipMlp(false)
                        .withKvType(KvType.Q8_0)
                        .withKnobs(KnobOptions.DEFAULT.withGate(MlpGate.PREDICTED)));
    }

    @Test
    void howManyAreAnsweredAtOnce() {
        assertThat(parsed().contextOptions().maxSequences()).isEqualTo(4);
        assertThat(parsed("--parallel=16").contextOptions().maxSequences()).isEqualTo(16);
        for (String wrong : new String[] {"0", "257"}) {
            EngineOptions options = parsed("--parallel=" + wrong);
            assertThatThrownBy(options::contextOptions)
                    .isInstanceOf(RequestException.class)
                    .hasMessageContaining("from 1 to 256, not " + wrong);
        }
    }

    private static EngineOptions parsed(String... arguments) {
        EngineOptions options = new EngineOptions();
        new picocli.CommandLine(new Holder(options)).parseArgs(arguments);
        return options;
    }

    @picocli.CommandLine.Command
    record Holder(@picocli.CommandLine.Mixin EngineOptions options) {}
}
