package dev.sol.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sol.policy.ActionGrid;
import dev.sol.policy.Axis;
import dev.sol.policy.learned.Grids;
import dev.sol.runtime.DroppedPages;
import dev.sol.runtime.MlpCriterion;
import dev.sol.runtime.RequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

class TrainConfigTest {
    @TempDir
    Path folder;

    private TrainConfig config(String json) throws IOException {
        return TrainConfig.of(read(json));
    }

    private ObjectNode read(String json) throws IOException {
        Path file = folder.resolve("c.json");
        Files.writeString(file, json);
        ObjectNode config = ConfigFile.preset("small");
        ConfigFile.putFile(file, config);
        return config;
    }

    static final java.util.List<String> PRESETS = ConfigFile.PRESETS;

    @ParameterizedTest
    @FieldSource("PRESETS")
    void presetsMakeSense(String preset) {
        assertThatCode(() -> TrainConfig.of(ConfigFile.preset(preset)).network().spec(64))
                .doesNotThrowAnyException();
    }

    @Test
    void presetsHaveTheirGrids() {
        Map<String, ActionGrid> grids = Map.of(
                "small", ActionGrid.defaultGrid(),
                "fine", ActionGrid.defaultGrid(),
                "paper-2l", Grids.PAPER_2L,
                "paper-3l", Grids.PAPER_3L,
                "paper-full", Grids.PAPER_FULL);
        assertThat(grids.keySet()).containsExactlyInAnyOrderElementsOf(ConfigFile.PRESETS);
        grids.forEach((preset, grid) -> assertThat(
                        TrainConfig.of(ConfigFile.preset(preset)).network().grid())
                .as(preset)
                .isEqualTo(grid));
    }

    @Test
    void thePapersNumbersAreThePapers() {
        TrainConfig config = TrainConfig.of(ConfigFile.preset("paper-3l"));
        assertThat(config.network().horizon()).isEqualTo(16);
        assertThat(config.recipe().schedules()).isEqualTo(16);
        assertThat(config.recipe().advantages().returns().discount()).isEqualTo(.85);
        assertThat(config.recipe().advantages().penalties().alpha().bits()).isEqualTo(200);
        assertThat(config.recipe().objective().clip()).isEqualTo(.2);
        assertThat(config.recipe().objective().entropy()).isEqualTo(.05);
        assertThat(config.recipe().objective().temperature()).isEqualTo(1.3);
        assertThat(config.recipe().optimiser().learningRate()).isEqualTo(1e-4);
        assertThat(config.recipe().gradientNorm()).isEqualTo(2);
        assertThat(config.recipe().episodes().lowest().mlp()).isEqualTo(.4);
        assertThat(config.recipe().episodes().highest().bits()).isEqualTo(16);
    }

    @Test
    void aFileChangesWhatItNames() throws IOException {
        TrainConfig config = config("""
                {"gamma": 0.5, "tail": false, "mlp_criterion": "channel", "grid": {"bits": [8, 16]},
                 "targets": {"bits": null, "mlp": [0.3, 0.5]}}
                """);
        TrainConfig small = TrainConfig.of(ConfigFile.preset("small"));
        assertThat(config.recipe().advantages().returns().discount()).isEqualTo(.5);
        assertThat(config.knobs().dropped()).isEqualTo(DroppedPages.NONE);
        assertThat(config.knobs().mlp()).isEqualTo(MlpCriterion.CHANNEL);
        assertThat(config.network().grid().values(Axis.BITS)).containsExactly(8, 16);
        assertThat(config.network().grid().values(Axis.ATTN)).hasSize(20);
        assertThat(config.recipe().episodes().lowest().bits()).isEqualTo(8);
        assertThat(config.recipe().episodes().highest().mlp()).isEqualTo(.5);
        assertThat(config.recipe().optimiser()).isEqualTo(small.recipe().optimiser());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"gama\": 1}                      | 'gama'; the nearest there is is 'gamma'",
                "{\"learningRate\": 1}              | 'learningRate'; the nearest there is is 'learning_rate'",
                "{\"grid\": {\"atn\": [1]}}         | 'grid.atn'; the nearest there is is 'grid.attn'",
                "{\"validation\": {\"window\": 1}}  | 'validation.window'; the nearest there is is 'validation.windows'"
            })
    void unknownKeysAreToldWithTheNearestKnown(String json, String message) {
        assertThatThrownBy(() -> read(json))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"gamma\": 1.5}            | gamma must be a number in 0.0…1.0, but is 1.5",
                "{\"gamma\": \"high\"}       | gamma must be a number in 0.0…1.0, but is \"high\"",
                "{\"schedules\": 1}          | schedules must be a whole number in 2",
                "{\"schedules\": 2.5}        | schedules must be a whole number in 2",
                "{\"whiten\": 1}             | whiten must be true or false",
                "{\"level\": \"token\"}      | level must be one of process, outcome, but is \"token\"",
                "{\"criterion\": \"top\"}    | criterion must be one of recency, quest, mean",
                "{\"mlp_criterion\": \"top\"} | mlp_criterion must be one of neuron, channel",
                "{\"alpha\": [1, 2]}         | alpha must be three numbers",
                "{\"prefix\": [64, 250]}     | prefix must be two lengths",
                "{\"targets\": {\"mlp\": [0, 1]}} | targets.mlp must be the lowest and the highest target",
                "{\"targets\": 1}            | targets must be an object",
                "{\"grid\": {\"mlp\": [1, 0.5]}} | grid cannot be used",
                "{\"heads\": 7}              | width cannot be used",
                "{\"clip\": 0}               | clip must be above 0",
                "[1]                         | must have a JSON object",
                "{\"gamma\":                 | is not JSON",
                "{\"gamma\": 1, \"gamma\": 1} | is not JSON: Duplicate"
            })
    void whatDoesNotFitIsToldWithItsKey(String json, String message) {
        assertThatThrownBy(() -> config(json))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining(message);
    }

    @Test
    void missingFilesAndPresetsAreTold() {
        assertThatThrownBy(() -> ConfigFile.preset("tiny"))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("paper-full");
        assertThatThrownBy(() -> ConfigFile.putFile(folder.resolve("none"), ConfigFile.defaults()))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining("there is no file");
    }

    /** Every key there is. */
    @Test
    void theKeysAreDocumented() throws IOException {
        String docs = Files.readString(Path.of("..", "docs", "training.md"));
        ConfigFile.defaults()
                .fieldNames()
                .forEachRemaining(key -> assertThat(docs).contains("`" + key + "`"));
    }
}
