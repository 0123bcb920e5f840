/** When work is done: again after a failure, again and again by the clock, and not faster than a rate. */
@NullMarked
package dev.loop.flow;

import org.jspecify.annotations.NullMarked;
