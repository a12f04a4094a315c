package dev.sol.runtime.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a repository has at one commit.
 *
 * @param revision the commit
 * @param files its files
 */
record HubListing(String revision, List<HubFile> files) {
    private static final JsonMapper JSON = new JsonMapper();
    private static final Pattern REVISION = Pattern.compile("[\\w.-]+");
    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

    /**
     * Reads a hub's answer about a repository: {@code {"sha", "siblings": [{"rfilename", "size", "lfs": {"sha256"}}]}}.
     *
     * @throws IOException if it is something else
     */
    static HubListing parse(byte[] json) throws IOException {
        JsonNode body = JSON.readTree(json);
        String revision = body.path("sha").asText("main");
        JsonNode siblings = body.path("siblings");
        if (!siblings.isArray() || !REVISION.matcher(revision).matches()) {
            throw new IOException("it has no list of files");
        }
        List<HubFile> files = new ArrayList<>();
        for (JsonNode sibling : siblings) {
            String sha = sibling.path("lfs").path("sha256").asText("");
            files.add(new HubFile(
                    sibling.path("rfilename").asText(""),
                    sibling.path("size").asLong(-1),
                    SHA_256.matcher(sha).matches() ? sha : null));
        }
        return new HubListing(revision, List.copyOf(files));
    }
}
