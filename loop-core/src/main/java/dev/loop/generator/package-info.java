/** Code that yields values one by one: generators, with the whole protocol of Python's. */
@NullMarked
package dev.loop.generator;

import org.jspecify.annotations.NullMarked;
