/**
 * Tests of JUnit 5 and 6 whose bodies run on a {@link dev.loop.testing.TestLoop}. JUnit is an optional dependency of Loop: a program
 * that has it uses this package, for all others it is not there.
 */
@NullMarked
package dev.loop.testing.junit;

import org.jspecify.annotations.NullMarked;
