package dev.sol.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.policy.Budget;
import dev.sol.policy.Policies;
import dev.sol.policy.learned.Grids;
import dev.sol.policy.learned.LearnedPolicy;
import dev.sol.runtime.KnobOptions;
import dev.sol.runtime.RequestException;
import dev.sol.runtime.cli.ModelSource;
import dev.sol.runtime.cli.PolicyChoices;
import dev.sol.runtime.gguf.GgufTensor;
import dev.sol.runtime.gguf.GgufValue;
import dev.sol.runtime.gguf.GgufWriter;
import dev.sol.runtime.gguf.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Policies from files, and the values of --policy. The model is a file with the metadata of one. */
class LearnedPoliciesTest {
    @TempDir
    Path folder;

    private Path model = Path.of("");

    @BeforeEach
    void writeModel() throws IOException {
        model = model("model.gguf", 8);
    }

    private Path model(String name, int neurons) throws IOException {
        Path file = folder.resolve(name);
        GgufTensor tensor = GgufTensor.of("blk.0.ffn_up.weight", TensorType.F32, 4, neurons);
        Map<String, GgufValue> metadata = Map.of(
                "general.architecture", GgufValue.string("llama"), "llama.embedding_length", GgufValue.uint32(4));
        try (GgufWriter writer = GgufWriter.create(file, metadata, List.of(tensor))) {
            writer.write(MemorySegment.ofArray(new byte[Math.toIntExact(tensor.bytes())]));
            writer.finish();
        }
        return file;
    }

    private Path policy(String name) throws IOException {
        return PolicyFiles.write(
                folder.resolve(name),
                model,
                Grids.PAPER_2L,
                false,
                List.of(new Budget(.2, .7, 8), new Budget(.9, .9, 14)));
    }

    private PolicyRegistry choices(String... choices) {
        ModelSource source = new ModelSource();
        new picocli.CommandLine(new Holder(source)).parseArgs("--model", model.toString());
        return PolicyChoices.registry(Arrays.asList(choices), source, KnobOptions.DEFAULT);
    }

    @picocli.CommandLine.Command
    record Holder(@picocli.CommandLine.Mixin ModelSource source) {}

    @Test
    void aPolicyHasTheNameOfItsFile() throws Exception {
        LearnedPolicy policy = new LearnedPolicies(() -> model).load(policy("tales-v2.safetensors"));

        assertThat(policy.name()).isEqualTo("tales-v2");
        assertThat(policy.grid()).isEqualTo(Grids.PAPER_2L);
        assertThat(policy.resolve(.65).net()).isBetween(.64999, .65001);
        assertThat(policy.resolve(.65)).isNotEqualTo(Budget.ofNet(.65, Grids.PAPER_2L)); // but on the split
    }

    @Test
    void theModelIsReadOnceAndOnlyForFiles() throws Exception {
        int[] asked = {0};
        LearnedPolicies policies = new LearnedPolicies(() -> {
            asked[0]++;
            return model;
        });
        assertThat(asked[0]).isZero();
        policies.load(policy("a.safetensors"));
        policies.load(policy("b.safetensors"));
        assertThat(asked[0]).isEqualTo(1);
    }

    @Test
    void aPolicyForAnotherModel() throws Exception {
        Path policy = policy("a.safetensors");
        Path other = model("other.gguf", 9);
        assertThatThrownBy(() -> new LearnedPolicies(() -> other).load(policy))
                .isInstanceOfSatisfying(
                        RequestException.class, e -> assertThat(e.param()).isEqualTo("policy"))
                .hasMessageContaining("trained for another model");
    }

    @Test
    void filesThatAreNoPolicies() throws Exception {
        LearnedPolicies policies = new LearnedPolicies(() -> model);
        Path text = Files.writeString(folder.resolve("text.safetensors"), "Once upon a time");
        assertThatThrownBy(() -> policies.load(text))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("text.safetensors");

        byte[] whole = Files.readAllBytes(policy("whole.safetensors"));
        Path part = Files.write(folder.resolve("part.safetensors"), Arrays.copyOf(whole, whole.length - 100));
        assertThatThrownBy(() -> policies.load(part))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("part.safetensors");
        assertThatThrownBy(() -> policies.load(folder)).isInstanceOf(RequestException.class);
        assertThatThrownBy(() -> policies.load(model)).isInstanceOf(RequestException.class);
    }

    @Test
    void modelsThatCannotBeRead() throws Exception {
        Path policy = policy("a.safetensors");
        assertThatThrownBy(() -> new LearnedPolicies(() -> folder.resolve("none.gguf")).load(policy))
                .isInstanceOfSatisfying(
                        RequestException.class, e -> assertThat(e.param()).isEqualTo("model"))
                .hasMessageContaining("there is no file")
                .hasMessageContaining("none.gguf");
        assertThatThrownBy(() -> new LearnedPolicies(() -> policy).load(policy))
                .isInstanceOfSatisfying(
                        RequestException.class, e -> assertThat(e.param()).isEqualTo("model"))
                .hasMessageContaining("is no GGUF");
    }

    @Test
    void theFirstChoiceIsTheDefault() throws Exception {
        String one = policy("one.safetensors").toString();
        String two = policy("two.safetensors").toString();

        assertThat(choices().defaultPolicy().name()).isEqualTo("uniform");
        assertThat(choices("random").defaultPolicy().name()).isEqualTo("random");
        PolicyRegistry both = choices(two, one);
        assertThat(both.defaultPolicy().name()).isEqualTo("two");
        assertThat(both.names()).hasSize(Policies.names().size() + 2).endsWith("two", "one");
        assertThat(choices("drift", one).defaultPolicy().name()).isEqualTo("drift");
        assertThat(choices("drift", one).byName("one").grid()).isEqualTo(Grids.PAPER_2L);
    }

    @Test
    void theEmbeddedModelHasAPolicyOfItsOwnForTheDefaultKnobs() {
        ModelSource embedded = new ModelSource();
        PolicyRegistry own = PolicyChoices.registry(List.of(), embedded, KnobOptions.DEFAULT);
        assertThat(own.defaultPolicy()).isInstanceOf(LearnedPolicy.class);
        assertThat(own.defaultPolicy().name()).isEqualTo("learned");

        PolicyRegistry chosen = PolicyChoices.registry(List.of("random"), embedded, KnobOptions.DEFAULT);
        assertThat(chosen.defaultPolicy().name()).isEqualTo("random");
        assertThat(chosen.names()).endsWith("learned");

        PolicyRegistry others = PolicyChoices.registry(List.of(), embedded, KnobOptions.DEFAULT.withGroup(32));
        assertThat(others.defaultPolicy().name()).isEqualTo("uniform");
        assertThat(others.names()).doesNotContain("learned");
    }

    @Test
    void choicesThatAreNeitherNamesNorFiles() {
        assertThatThrownBy(() -> choices("magic"))
                .isInstanceOf(RequestException.class)
                .hasMessage("there is no policy and no file 'magic'; policies without a file: dense, uniform, random,"
                        + " entropy, drift");
        assertThatThrownBy(() -> choices("")).isInstanceOf(RequestException.class);
        assertThatThrownBy(() -> choices("a\0b")).isInstanceOf(RequestException.class);
    }

    @Test
    void twoFilesOfOneName() throws Exception {
        String one = policy("one.safetensors").toString();
        String uniform = policy("uniform.safetensors").toString();
        assertThatThrownBy(() -> choices(one, one)).hasMessageContaining("two policies called 'one': rename a file");
        assertThatThrownBy(() -> choices(uniform)).hasMessageContaining("two policies called 'uniform'");
    }
}
