/** Answers to "how do I …" that need more than one part of the library. */
@NullMarked
package dev.loop.examples.recipes;

import org.jspecify.annotations.NullMarked;
