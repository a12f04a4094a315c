package dev.sol.runtime.hub;

import dev.sol.runtime.RequestException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Speaks with a hub: the API about a repository and its files. Follows redirects itself, since a token is only for the hub and not
 * for where it sends us. For one thread.
 */
final class HubClient implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int MAX_REDIRECTS = 5;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(PATIENCE)
            .build();
    private final URI base;
    private final @Nullable String token;

    /**
     * @param base of the hub's URLs
     * @param token for models that are not public
     * @throws RequestException if it is no URL
     */
    HubClient(String base, @Nullable String token) {
        this.base = base(base);
        this.token = token;
    }

    private static URI base(String text) {
        try {
            URI uri = URI.create(text.endsWith("/") ? text : text + "/");
            String scheme = uri.getScheme();
            if (("http".equals(scheme) || "https".equals(scheme)) && uri.getHost() != null) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        throw RequestException.invalid("hub", "the hub's URL must be like https://HOST, not '" + text + "'");
    }

    /** What the hub says about a repository: see {@link HubListing#parse}. */
    byte[] description(HubModel model) throws IOException, InterruptedException {
        URI uri = base.resolve("api/models/" + model.id() + "?blobs=true");
        HttpResponse<InputStream> response = send(uri, 0);
        try (InputStream body = response.body()) {
            check(response, "the model " + model.id(), model);
            return body.readAllBytes();
        }
    }

    /**
     * The content of a file, from a position on or from the start: the status says which, 206 or 200. Of one commit, so that what
     * comes in several parts is of one file. To be closed.
     */
    HttpResponse<InputStream> open(HubModel model, String revision, HubFile file, long from)
            throws IOException, InterruptedException {
        URI uri = base.resolve(path(model.id() + "/resolve/" + revision + "/" + file.path()));
        HttpResponse<InputStream> response = send(uri, from);
        try {
            check(response, "%s of %s".formatted(file.path(), model.id()), model);
            return response;
        } catch (RuntimeException e) {
            response.body().close();
            throw e;
        }
    }

    private static String path(String raw) {
        try {
            return new URI(null, null, raw, null).getRawPath();
        } catch (URISyntaxException e) {
            throw new HubException("the hub names a file that no URL can have: " + raw, e);
        }
    }

    private HttpResponse<InputStream> send(URI start, long from) throws IOException, InterruptedException {
        URI uri = start;
        for (int i = 0; i <= MAX_REDIRECTS; i++) {
            HttpResponse<InputStream> response = http.send(request(uri, from), BodyHandlers.ofInputStream());
            int status = response.statusCode();
            String location = response.headers().firstValue("location").orElse(null);
            if (status < 300 || status >= 400 || location == null) {
                return response;
            }
            response.body().close();
            URI next = uri.resolve(location);
            if ("https".equals(uri.getScheme()) && !"https".equals(next.getScheme())) {
                throw new HubException("the hub redirects from https to " + next.getScheme() + ", which is not safe");
            }
            uri = next;
        }
        throw new HubException("the hub redirects again and again, last to " + uri.getHost());
    }

    private HttpRequest request(URI uri, long from) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri).timeout(PATIENCE).header("User-Agent", "sol");
        if (token != null && isHub(uri)) {
            request.header("Authorization", "Bearer " + token);
        }
        if (from > 0) {
            request.header("Range", "bytes=" + from + "-");
        }
        return request.build();
    }

    private boolean isHub(URI uri) {
        return base.getScheme().equals(uri.getScheme())
                && base.getRawAuthority().toLowerCase(Locale.ROOT).equals(authority(uri));
    }

    private static String authority(URI uri) {
        String authority = uri.getRawAuthority();
        return authority == null ? "" : authority.toLowerCase(Locale.ROOT);
    }

    private void check(HttpResponse<?> response, String what, HubModel model) throws IOException {
        int status = response.statusCode();
        if (status == 200 || status == 206) {
            return;
        }
        String code = response.headers().firstValue("x-error-code").orElse("");
        if (status == 401 || status == 403) {
            throw denied(code, model);
        }
        if (status == 404) {
            throw RequestException.invalid("model", "the hub %s has not %s".formatted(base.getHost(), what));
        }
        if (status >= 500) {
            throw new ConnectException("the hub answers with status " + status); // may pass
        }
        throw new HubException("the hub %s answers for %s with status %d%s"
                .formatted(base.getHost(), what, status, status == 429 ? ": try again later" : ""));
    }

    private RequestException denied(String code, HubModel model) {
        String how = token == null ? "put a token in SOL_HUB_TOKEN" : "the token in SOL_HUB_TOKEN does not give access";
        String why = code.equals("GatedRepo")
                ? "%s is gated: accept its conditions on the hub's page and %s"
                : "%s does not exist at the hub, or is not public: %s";
        return RequestException.invalid("model", why.formatted(model.id(), how));
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
