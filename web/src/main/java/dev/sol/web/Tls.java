package dev.sol.web;

import dev.sol.runtime.RequestException;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A certificate and its key, in PEM files.
 *
 * @param certificate with the chain up to, without the root
 * @param key unencrypted, PKCS#8 or PKCS#1
 */
record Tls(Path certificate, Path key) {
    /** @throws RequestException if a file cannot be read */
    Tls {
        check("tls-cert", certificate);
        check("tls-key", key);
    }

    /**
     * Null without either file.
     *
     * @throws RequestException if there is one without the other
     */
    static @Nullable Tls of(@Nullable Path certificate, @Nullable Path key) {
        if (certificate == null && key == null) {
            return null;
        }
        if (certificate == null || key == null) {
            throw RequestException.invalid("tls-cert", "--tls-cert and --tls-key are for both or for neither");
        }
        return new Tls(certificate, key);
    }

    void apply(HttpServerOptions options) {
        options.setSsl(true)
                .setKeyCertOptions(new PemKeyCertOptions()
                        .setCertPath(certificate.toAbsolutePath().toString())
                        .setKeyPath(key.toAbsolutePath().toString()));
    }

    private static void check(String option, Path file) {
        if (!Files.isReadable(file)) {
            throw RequestException.invalid(option, "cannot read the file %s (--%s)".formatted(file, option));
        }
    }
}
