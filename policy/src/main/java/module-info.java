/** How much compute each token gets: actions, budgets, and the policies that choose. */
module dev.sol.policy {
    exports dev.sol.policy;
    exports dev.sol.policy.learned;

    requires com.fasterxml.jackson.databind;
    requires static transitive org.jspecify;
}
