/** Runs the examples by name; each of them answers one question and can be read in a minute. */
@NullMarked
package dev.loop.examples;

import org.jspecify.annotations.NullMarked;
