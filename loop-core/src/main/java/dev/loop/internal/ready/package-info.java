/** The queue of what runs next, and the inbox through which other threads reach it. */
@NullMarked
package dev.loop.internal.ready;

import org.jspecify.annotations.NullMarked;
