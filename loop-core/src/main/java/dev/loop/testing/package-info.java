/** Virtual time and a loop that runs on it, for tests of programs that use Loop. */
@NullMarked
package dev.loop.testing;

import org.jspecify.annotations.NullMarked;
