package dev.sol.runtime.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Users of {@code /v1/completions}, each with one streamed request after the other. The same for every server: prompts are tokens,
 * drawn anew for each request by a seed, so that no prompt cache has them; texts are greedy and of a fixed length.
 */
final class LoadClient {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String DATA = "data: ";
    private static final int HTTP_OK = 200;

    /** Below are special tokens and bytes. */
    private static final int FIRST_TOKEN = 300;

    private final ServerLoad load;
    private final int vocabulary;

    /** @param vocabulary tokens that the model has */
    LoadClient(ServerLoad load, int vocabulary) {
        this.load = load;
        this.vocabulary = vocabulary;
    }

    /**
     * Runs {@code clients} at once, and waits for them.
     *
     * @param more fields of the requests
     * @param seed of the prompts
     * @throws BenchException if a request fails
     */
    ServerSample run(URI server, int clients, ObjectNode more, long seed) throws InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            long start = System.nanoTime();
            List<Future<ServerSample>> running = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                long own = seed * 1000 + i;
                running.add(threads.submit(() -> user(server, more, own)));
            }
            ServerSample all = ServerSample.NONE;
            for (Future<ServerSample> one : running) {
                all = all.plus(one.get());
            }
            return all.in((System.nanoTime() - start) / 1e9);
        } catch (ExecutionException e) {
            throw new BenchException("a request to %s failed: %s".formatted(server, e.getCause()), e);
        }
    }

    private ServerSample user(URI server, ObjectNode more, long seed) throws IOException, InterruptedException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        ServerSample all = ServerSample.NONE;
        for (int i = 0; i < load.requests(); i++) {
            all = all.plus(request(server, body(more, random)));
        }
        return all;
    }

    private String body(ObjectNode more, RandomGenerator random) {
        ObjectNode body = MAPPER.createObjectNode()
                .put("max_tokens", load.tokens())
                .put("temperature", 0)
                .put("ignore_eos", true)
                .put("cache_prompt", false)
                .put("stream", true);
        body.putObject("stream_options").put("include_usage", true);
        ArrayNode prompt = body.putArray("prompt");
        for (int i = 0; i < load.promptTokens(); i++) {
            prompt.add(random.nextInt(FIRST_TOKEN, vocabulary));
        }
        body.setAll(more);
        return body.toString();
    }

    private ServerSample request(URI server, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(server.resolve("/v1/completions"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build();
        // A connection of its own: one that is kept, a server may close just as the next request goes out.
        try (HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            long start = System.nanoTime();
            var response = http.send(request, BodyHandlers.ofInputStream());
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                if (response.statusCode() != HTTP_OK) {
                    throw new IOException("status %d: %s".formatted(response.statusCode(), lines.readLine()));
                }
                return read(lines, start);
            }
        }
    }

    /** Times are those at which the events with text come in. */
    private ServerSample read(BufferedReader lines, long start) throws IOException {
        List<Double> texts = new ArrayList<>();
        int tokens = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith(DATA + "{")) {
                double millis = (System.nanoTime() - start) / 1e6;
                JsonNode event = MAPPER.readTree(line.substring(DATA.length()));
                if (!event.at("/choices/0/text").asText("").isEmpty()) {
                    texts.add(millis);
                }
                tokens = Math.max(tokens, event.at("/usage/completion_tokens").asInt());
            }
        }
        if (tokens != load.tokens() || texts.isEmpty()) {
            throw new IOException("%d of %d tokens came, in %d events".formatted(tokens, load.tokens(), texts.size()));
        }
        return ServerSample.of(tokens, texts);
    }
}
