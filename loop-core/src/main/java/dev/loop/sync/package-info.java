/** Primitives by which the tasks of one loop wait for each other. */
@NullMarked
package dev.loop.sync;

import org.jspecify.annotations.NullMarked;
