/** The deadlines of one loop, in order. */
@NullMarked
package dev.loop.internal.timer;

import org.jspecify.annotations.NullMarked;
