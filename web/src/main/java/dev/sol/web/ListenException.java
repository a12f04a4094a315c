package dev.sol.web;

import java.net.BindException;
import java.net.UnknownHostException;

/** The server cannot listen where it should. The message says why in one line. */
final class ListenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private ListenException(String message, Throwable cause) {
        super(message, cause);
    }

    static ListenException of(ServerOptions options, Throwable cause) {
        String address = options.host().contains(":")
                ? "[%s]:%d".formatted(options.host(), options.port())
                : "%s:%d".formatted(options.host(), options.port());
        String why = switch (cause) {
            case BindException e
            when String.valueOf(e.getMessage()).contains("in use") ->
                "the port is in use (--port chooses another one; 0: any that is free)";
            case UnknownHostException _ -> "there is no such host";
            default -> String.valueOf(cause.getMessage());
        };
        return new ListenException("cannot listen on " + address + ": " + why, cause);
    }
}
