/** How much compute each token gets: actions, budgets, and the policies that choose. */
module dev.sol.policy {
    exports dev.sol.policy;

    requires static transitive org.jspecify;
}
