package dev.sol.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A client of the server under test. */
final class Client implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofMinutes(2); // the machine may be busy with other things

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();
    private final URI base;

    Client(URI base) {
        this.base = base;
    }

    /** A response whose body is JSON. */
    record Answer(int status, JsonNode body, HttpResponse<String> http) {
        static Answer of(HttpResponse<String> response) {
            return new Answer(response.statusCode(), json(response.body()), response);
        }

        String text() {
            return body.at("/choices/0/text").textValue();
        }

        String finishReason() {
            return body.at("/choices/0/finish_reason").textValue();
        }

        JsonNode error() {
            return body.get("error");
        }

        String header(String name) {
            return http.headers().firstValue(name).orElse("");
        }
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(text, e);
        }
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base.resolve(path)).timeout(PATIENCE);
    }

    Answer send(HttpRequest request) {
        return Answer.of(raw(request));
    }

    HttpResponse<String> raw(HttpRequest request) {
        try {
            return http.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    Answer get(String path) {
        return send(request(path).build());
    }

    Answer complete(String body) {
        return send(completion(body));
    }

    CompletableFuture<Answer> completeAsync(String body) {
        return sendAsync(completion(body));
    }

    CompletableFuture<Answer> sendAsync(HttpRequest request) {
        return http.sendAsync(request, BodyHandlers.ofString()).thenApply(Answer::of);
    }

    /** The data of all events of a stream. */
    List<String> stream(String body) {
        return streamAsync(body).join();
    }

    Answer post(String path, String body) {
        return postAsync(path, body).join();
    }

    CompletableFuture<Answer> postAsync(String path, String body) {
        return sendAsync(request(path).POST(BodyPublishers.ofString(body)).build());
    }

    CompletableFuture<List<String>> streamAsync(String body) {
        return streamAsync("/v1/completions", body);
    }

    CompletableFuture<List<String>> streamAsync(String path, String body) {
        HttpRequest request = request(path).POST(BodyPublishers.ofString(body)).build();
        return http.sendAsync(request, BodyHandlers.ofString()).thenApply(response -> {
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(response.headers().firstValue("content-type")).contains("text/event-stream");
            assertThat(response.headers().firstValue("cache-control")).contains("no-cache");
            return EventStream.data(response.body());
        });
    }

    private HttpRequest completion(String body) {
        return request("/v1/completions").POST(BodyPublishers.ofString(body)).build();
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
