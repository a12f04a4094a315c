package dev.sol.runtime.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sol.runtime.RequestException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubTest {
    private static final String FILE = "model-Q4_0.gguf";
    private static final byte[] BYTES = new byte[1_000_000];

    static {
        new Random(1).nextBytes(BYTES);
    }

    @TempDir
    private Path cache;

    private FakeHub hub;

    @BeforeEach
    void start() throws Exception {
        hub = new FakeHub();
        hub.add(FILE, BYTES);
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    private Path fetch(String model) {
        return fetch(model, hub.url(), null);
    }

    private Path fetch(String model, @Nullable String url, @Nullable String token) {
        return new Hub(cache, url, token).fetch(HubModel.parse(model), DownloadProgress.NONE, 1);
    }

    private List<Path> cached(String suffix) throws Exception {
        try (Stream<Path> files = Files.walk(cache)) {
            return files.filter(file -> file.toString().endsWith(suffix)).toList();
        }
    }

    @Test
    void downloadsOnce() throws Exception {
        Path file = fetch("hf:me/repo");
        assertThat(file).hasFileName(FILE).hasBinaryContent(BYTES);
        hub.requests.clear();
        assertThat(fetch("hf:me/repo:q4_0")).isEqualTo(file);
        assertThat(hub.requests).containsExactly("/api/models/me/repo null null");
        assertThat(cached(".part")).isEmpty();
    }

    @Test
    void saysHowFarItIs() {
        List<Long> at = new ArrayList<>();
        new Hub(cache, hub.url(), null).fetch(HubModel.parse("hf:me/repo"), (name, done, total) -> {
            assertThat(name).isEqualTo(FILE);
            assertThat(total).isEqualTo(BYTES.length);
            at.add(done);
        });
        assertThat(at).isSorted().startsWith(0L).endsWith((long) BYTES.length);
    }

    /** In one run, as long as every attempt brings something. */
    @Test
    void goesOnWhereItBrokeOff() {
        hub.breakAfter = 100_000;
        hub.breaks.set(8);
        assertThat(fetch("hf:me/repo")).hasBinaryContent(BYTES);
        assertThat(hub.requests)
                .filteredOn(request -> request.startsWith("/cdn/"))
                .hasSize(9);
        assertThat(hub.requests.getLast()).contains("bytes=").doesNotContain("bytes=0-");
    }

    @Test
    void goesOnInTheNextRun() throws Exception {
        hub.breakAfter = 0;
        hub.breaks.set(100);
        Path part = Files.createDirectories(
                        cache.resolve("me/repo").resolve(hub.hash(FILE).substring(0, 16)))
                .resolve(FILE + ".part");
        Files.write(part, Arrays.copyOf(BYTES, 500_000));
        assertThatThrownBy(() -> fetch("hf:me/repo"))
                .isInstanceOf(HubException.class)
                .hasMessageContainingAll("broke off", "500000 of 1000000", "run the command again");
        hub.breaks.set(0);
        assertThat(fetch("hf:me/repo")).hasBinaryContent(BYTES);
        assertThat(hub.requests.getLast()).contains("bytes=500000-");
    }

    @Test
    void startsAgainWhenTheServerKnowsNoRanges() {
        hub.breakAfter = 300_000;
        hub.breaks.set(1);
        hub.ignoresRanges = true;
        assertThat(fetch("hf:me/repo")).hasBinaryContent(BYTES);
    }

    @Test
    void aWrongHash() throws Exception {
        hub.hashes.put(FILE, "0".repeat(64));
        assertThatThrownBy(() -> fetch("hf:me/repo"))
                .isInstanceOf(HubException.class)
                .hasMessageContainingAll(FILE, "SHA-256", "0".repeat(64));
        assertThat(cached(".gguf")).isEmpty();
        assertThat(cached(".part")).isEmpty();
    }

    @Test
    void noHashAtAll() {
        hub.hashes.put(FILE, "");
        assertThatThrownBy(() -> fetch("hf:me/repo")).hasMessageContainingAll("does not say", "SHA-256", FILE);
    }

    @Test
    void theTokenIsForTheHubOnly() {
        fetch("hf:me/repo", hub.url(), "secret");
        assertThat(hub.requests)
                .containsExactly(
                        "/api/models/me/repo null Bearer secret",
                        "/me/repo/resolve/abc123/" + FILE + " null Bearer secret",
                        "/cdn/" + FILE + " null null");
    }

    @ParameterizedTest
    @CsvSource({
        "401, '',          does not exist at the hub or is not public",
        "401, GatedRepo,   is gated",
        "403, GatedRepo,   SOL_HUB_TOKEN",
        "404, '',          has not the model me/repo",
        "429, '',          try again later",
    })
    void whatTheHubRefuses(int status, String code, String message) {
        hub.status = status;
        hub.errorCode = code;
        assertThatThrownBy(() -> fetch("hf:me/repo"))
                .satisfies(failure -> assertThat(
                                String.valueOf(failure.getMessage()).replace(",", ""))
                        .contains(message));
    }

    @Test
    void withoutAHubWhatIsCachedIsUsed() {
        Path file = fetch("hf:me/repo");
        assertThat(fetch("hf:me/repo", null, null)).isEqualTo(file);
        String url = hub.url();
        hub.close();
        assertThat(fetch("hf:me/repo", url, null)).isEqualTo(file);
        assertThatThrownBy(() -> fetch("hf:me/other", url, null))
                .isInstanceOf(HubException.class)
                .hasMessageContainingAll("cannot be reached", "me/other");
        assertThatThrownBy(() -> fetch("hf:me/other", null, null))
                .isInstanceOf(RequestException.class)
                .hasMessageContainingAll("--hub", "SOL_HUB");
    }

    @Test
    void whichFile() throws Exception {
        hub.add("model-Q4_K_M.gguf", new byte[] {1});
        hub.add("model-Q8_0.gguf", new byte[] {2});
        hub.add("mmproj-model-f16.gguf", new byte[] {3});
        hub.add("README.md", new byte[] {4});
        assertThat(fetch("hf:me/repo")).hasFileName("model-Q4_K_M.gguf");
        assertThat(fetch("hf:me/repo:Q8_0")).hasFileName("model-Q8_0.gguf");
        assertThat(fetch("hf:me/repo:model-Q8_0.gguf")).hasBinaryContent(new byte[] {2});
        assertThatThrownBy(() -> fetch("hf:me/repo:Q4_K"))
                .isInstanceOf(RequestException.class)
                .hasMessageContainingAll("Q4_K", "model-Q4_K_M.gguf", "model-Q8_0.gguf")
                .hasMessageNotContaining("mmproj");
    }

    @Test
    void aModelInParts() throws Exception {
        hub.add("big/big-F16-00002-of-00002.gguf", new byte[] {2});
        hub.add("big/big-F16-00001-of-00002.gguf", new byte[] {1});
        Path first = fetch("hf:me/repo:F16");
        assertThat(first).hasFileName("big-F16-00001-of-00002.gguf");
        assertThat(first.resolveSibling("big-F16-00002-of-00002.gguf")).hasBinaryContent(new byte[] {2});
    }

    @ParameterizedTest
    @ValueSource(strings = {"hf:", "hf:me", "hf:me/", "hf:../..", "hf:me/repo:", "hf:me/repo/more", "hf:me/repo:../x"})
    void namesThatAreNone(String name) {
        assertThatThrownBy(() -> HubModel.parse(name))
                .isInstanceOf(RequestException.class)
                .hasMessageContaining(name);
    }

    @Test
    void aHubThatIsNoUrl() {
        assertThatThrownBy(() -> fetch("hf:me/repo", "example", null)).hasMessageContaining("'example'");
    }
}
