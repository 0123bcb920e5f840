/** The kernel: one event loop, its tasks, futures, timers and cancellation, and the static face {@link dev.loop.Async}. */
@NullMarked
package dev.loop;

import org.jspecify.annotations.NullMarked;
