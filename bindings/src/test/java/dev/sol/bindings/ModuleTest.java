package dev.sol.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModuleTest {

    @Test
    void onlyTheRuntimeSeesTheCheckedLayerAndNobodyTheGeneratedCode() throws IOException {
        ModuleDescriptor module;
        try (InputStream in = Files.newInputStream(Path.of("target", "classes", "module-info.class"))) {
            module = ModuleDescriptor.read(in);
        }

        assertThat(module.exports()).singleElement().satisfies(exports -> {
            assertThat(exports.source()).isEqualTo("dev.sol.bindings");
            assertThat(exports.targets()).isEqualTo(Set.of("dev.sol.runtime"));
        });
        assertThat(module.opens()).isEmpty();
    }
}
