/** How much compute each token gets: actions, budgets, and the policies that choose. */
@SuppressWarnings("module") // the modules that files are exported to are compiled after this one
module dev.sol.policy {
    exports dev.sol.policy;
    exports dev.sol.policy.learned;
    exports dev.sol.policy.io to
            dev.sol.runtime,
            dev.sol.trainer;

    requires com.fasterxml.jackson.databind;
    requires static transitive org.jspecify;
}
