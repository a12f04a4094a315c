@NullMarked
package dev.sol.web;

import org.jspecify.annotations.NullMarked;
