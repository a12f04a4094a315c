package dev.sol.web;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Takes streams of server-sent events apart, strictly. */
final class EventStream {
    private EventStream() {}

    /** The data of each event. */
    static List<String> data(String body) {
        if (!body.endsWith("\n\n")) {
            throw new AssertionError("the last event is not complete: " + body);
        }
        return Stream.of(body.substring(0, body.length() - 2).split("\n\n", -1))
                .map(EventStream::dataOf)
                .toList();
    }

    private static String dataOf(String event) {
        if (!event.startsWith("data: ") || event.contains("\n")) {
            throw new AssertionError("not an event with one line of data: " + event);
        }
        return event.substring("data: ".length());
    }

    /** The chunks of a stream that ends as it should. */
    static List<JsonNode> chunks(List<String> data) {
        if (!data.getLast().equals("[DONE]")) {
            throw new AssertionError("the stream does not end with [DONE]: " + data);
        }
        return data.subList(0, data.size() - 1).stream().map(Client::json).toList();
    }

    static String text(List<JsonNode> chunks) {
        return chunks.stream()
                .map(chunk -> chunk.at("/choices/0/text").asText())
                .collect(Collectors.joining());
    }
}
