/** Work outside of the loop: blocking calls on worker threads, computations in child processes, locks between processes. */
@NullMarked
package dev.loop.thread;

import org.jspecify.annotations.NullMarked;
