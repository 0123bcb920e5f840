/** Queues between the tasks of one loop. */
@NullMarked
package dev.loop.queue;

import org.jspecify.annotations.NullMarked;
