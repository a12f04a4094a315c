package dev.sol.web;

import dev.sol.runtime.RequestException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say who may use the server. A picocli mixin. */
final class AccessOptions {
    @Option(
            names = "--api-key",
            paramLabel = "KEY",
            split = ",",
            description =
                    "Ask for this key (Authorization: Bearer KEY), but for /health. Several: any of them. Others can see"
                            + " command lines: SOL_API_KEY or --api-key-file keep a secret.")
    private List<String> keys = List.of();

    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            description = "The same, with one key in each line of a file.")
    private @Nullable Path keyFile;

    @Option(
            names = "--cors-origin",
            paramLabel = "ORIGIN",
            split = ",",
            description =
                    "Web pages of this origin (https://example.org; *: all) may use the API. Default: none but our own.")
    private List<String> origins = List.of();

    @Option(
            names = "--allow-host",
            paramLabel = "NAME",
            split = ",",
            description =
                    "Another name by which clients know this server (*: any), beside those of loopback, when it listens"
                            + " there: of a proxy in front of it, for example.")
    private List<String> hosts = List.of();

    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description = "Serve HTTPS with this certificate (PEM, with its chain).")
    private @Nullable Path certificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "The certificate's private key (PEM, unencrypted).")
    private @Nullable Path key;

    /** @throws RequestException if a key, a file or an origin is wrong */
    Access access() {
        return new Access(ApiKeys.of(keys, keyFile), origins, hosts);
    }

    /**
     * Null: plain HTTP.
     *
     * @throws RequestException if a file is missing
     */
    @Nullable Tls tls() {
        return Tls.of(certificate, key);
    }
}
