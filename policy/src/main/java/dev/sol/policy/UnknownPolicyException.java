package dev.sol.policy;

import java.util.List;

/** There is no policy of this name. The message is fit for the user who asked for it. */
public final class UnknownPolicyException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    UnknownPolicyException(String name, List<String> known) {
        super("unknown policy '" + name + "'; known: " + String.join(", ", known));
    }
}
